using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>A copy is linear: its gradient is the copy turned round, Σ ⟨copy(x), dy⟩ = Σ ⟨x, dx⟩, checked value by value.</summary>
public class CopyGradientTests
{
    [Fact]
    public void Sum_of_2_by_2() => Rounds((h, w) => (2 * h, 2 * w), (input, output, added) => new Kernel(Kind.SumPool, input, output, added), (y, x) => (y / 2, x / 2, 1));

    [Fact]
    public void Mean_of_2_by_2() => Rounds((h, w) => (h / 2, w / 2), (input, output, added) => new Kernel(Kind.AveragePool, input, output, added), null, 0.25);

    [Fact]
    public void A_border() => Rounds((h, w) => (h + 1, w + 1), (input, output, added) => new Kernel(Kind.Crop, input, output, added), (y, x) => (y, x, 1));

    [Fact]
    public void Joined_channels()
    {
        var random = new Random(7);
        for (var round = 0; round < 14; round++)
        {
            var stage = new Stage(random, images: random.Next(1, 4));
            var (before, channels, behind) = (random.Next(0, 40), random.Next(1, 40), random.Next(0, 40));
            var dy = stage.Draw([before + channels + behind], random.Next(1, 12), random.Next(1, 12));
            var dx = stage.New([channels], dy.View.Height, dy.View.Width);
            var other = round % 2 == 0 ? null : stage.Draw([channels], dy.View.Height, dy.View.Width);
            var actual = stage.Run(new Kernel(Kind.Split, dy.View, dx, other?.Segment.Buffer, before), [dx])[0];
            for (var image = 0; image < dy.Count; image++)
            {
                var expected = dy.Image(image)[(before * dx.Pixels)..((before + channels) * dx.Pixels)];
                Close.To(other is null ? expected : [.. expected.Zip(other.Image(image), (a, b) => a + b)], actual, image, 1e-7, "dx");
            }
        }
    }

    // For each pixel of the output's gradient, the one of the input's that it goes to; or, where there are several, the other way round.
    private static void Rounds(Func<int, int, (int Height, int Width)> shape, Func<View, View, int?, Kernel> kernel, Func<int, int, (int Y, int X, double Factor)>? target, double gather = 0)
    {
        var random = new Random(9);
        for (var round = 0; round < 14; round++)
        {
            var stage = new Stage(random, images: random.Next(1, 4));
            int[] channels = [random.Next(1, 40)];
            var (height, width) = (random.Next(gather > 0 ? 2 : 1, 9), random.Next(gather > 0 ? 2 : 1, 9));
            var seen = shape(height, width);
            var dy = stage.Draw(channels, seen.Height, seen.Width);
            var dx = stage.New(channels, height, width);
            var other = round % 2 == 0 ? null : stage.Draw(channels, height, width);
            var actual = stage.Run(kernel(dy.View, dx, other?.Segment.Buffer), [dx])[0];
            for (var image = 0; image < dy.Count; image++)
            {
                var gradient = dy.Image(image);
                var expected = other?.Image(image) ?? new double[channels[0] * height * width];
                for (var c = 0; c < channels[0]; c++)
                {
                    for (var y = 0; y < Math.Max(height, seen.Height); y++)
                    {
                        for (var x = 0; x < Math.Max(width, seen.Width); x++)
                        {
                            var ((toY, toX, factor), (fromY, fromX)) = target is null ? ((y, x, gather), (y / 2, x / 2)) : (target(y, x), (y, x));
                            if (toY < height && toX < width && fromY < seen.Height && fromX < seen.Width)
                            {
                                expected[(((c * height) + toY) * width) + toX] += factor * gradient[(((c * seen.Height) + fromY) * seen.Width) + fromX];
                            }
                        }
                    }
                }

                Close.To(expected, actual, image, 2e-7, "dx");
            }
        }
    }

    private enum Kind
    {
        SumPool,
        AveragePool,
        Crop,
        Split,
    }

    private sealed record Kernel(Kind Kind, View Input, View Output, int? Added, int First = 0) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => Kind switch
            {
                Kind.SumPool => new SumPool<T>(Input, Output, Added),
                Kind.AveragePool => new AveragePoolGradient<T>(Input, Output, Added),
                Kind.Crop => new Crop<T>(Input, Output, Added),
                _ => new Split<T>(Input, First, Output.Segments[0], Added),
            };
    }
}
