using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public class PointwiseGradientTests
{
    [Fact]
    public void Silu() => Check(new SiluDerivative(), x => x / (1 + Math.Exp(-x)));

    [Fact]
    public void Gelu() => Check(new GeluDerivative(), x => x * Normal.Below(x));

    // Of the smallest number as of the largest.
    [Fact]
    public void Relu() => Rounds((stage, x, dy, other) =>
    {
        float[] extremes = [float.Epsilon, -float.Epsilon, 0, -0f, float.MaxValue, float.MinValue];
        extremes.AsSpan(0, Math.Min(extremes.Length, x.Data.Length)).CopyTo(x.Data);
        var dx = stage.New([x.View.Channels], x.View.Height, x.View.Width);
        var actual = stage.Run(new Kernel<ReluDerivative>(x.View, dy.Segment, dx, default, other?.Segment.Buffer), [dx])[0];
        for (var image = 0; image < x.Count; image++)
        {
            Close.To(Sum(x.Image(image).Zip(dy.Image(image), (v, g) => v > 0 ? g : 0), other, image), actual, image, 1e-7, "dx");
        }
    });

    [Fact]
    public void Mean_of_pixels() => Rounds((stage, x, _, _) =>
    {
        var output = stage.New([x.View.Channels], 1, 1);
        var actual = stage.Run(new Sums(x.View, output, null, Mean: true), [output])[0];
        for (var image = 0; image < x.Count; image++)
        {
            Close.To([.. x.Image(image).Chunk(x.View.Pixels).Select(c => c.Average())], actual, image, 1e-6, "means");
        }
    });

    [Fact]
    public void Affine() => Check(new AffineDerivative(-1.7), x => (x * -1.7) + 0.3);

    [Fact]
    public void Scale_and_shift() => Rounds((stage, x, dy, other) =>
    {
        var channels = x.View.Channels;
        var vector = stage.Draw([2 * channels], 1, 1);
        View dx = stage.New([channels], x.View.Height, x.View.Width), dv = stage.New([2 * channels], 1, 1);
        var actual = stage.Run(new ScaleShift(x.View, dy.Segment, vector.Vector(), dx, dv, other?.Segment.Buffer), [dx, dv]);
        for (var image = 0; image < x.Count; image++)
        {
            double[] a = x.Image(image), g = dy.Image(image), v = vector.Image(image);
            Close.To(Sum(g.Select((d, i) => d * (1 + v[i / x.View.Pixels])), other, image), actual[0], image, 5e-7, "dx");
            double[] scale = [.. Channels(a.Zip(g, (p, q) => p * q), x.View.Pixels)], shift = [.. Channels(g, x.View.Pixels)];
            Close.To([.. scale, .. shift], actual[1], image, 1e-6, "dv");
        }
    });

    [Fact]
    public void Sums_of_pixels() => Rounds((stage, x, _, _) =>
    {
        var other = stage.Random.Next(2) == 0 ? stage.Draw([x.View.Channels], 1, 1) : null;
        var output = stage.New([x.View.Channels], 1, 1);
        var actual = stage.Run(new Sums(x.View, output, other?.Segment.Buffer), [output])[0];
        for (var image = 0; image < x.Count; image++)
        {
            Close.To(Sum(Channels(x.Image(image), x.View.Pixels), other, image), actual, image, 1e-6, "sums");
        }
    });

    // Chains over 64 pixels, then over the chunks: as exact as it is written.
    [Fact]
    public void Sums_of_pixels_are_added_chunk_by_chunk()
    {
        var stage = new Stage(new Random(1));
        var x = stage.Draw([1], 17, 11, mean: 1000);
        var output = stage.New([1], 1, 1);
        var expected = 0.0;
        foreach (var chunk in x.Data.Chunk(64))
        {
            expected += chunk.Aggregate(0f, (a, b) => a + b);
        }

        Assert.Equal((float)expected, stage.Run(new Sums(x.View, output, null), [output])[0][0]);
    }

    private static void Check<TDerivative>(TDerivative derivative, Func<double, double> f)
        where TDerivative : struct, IPointwiseGradient => Rounds((stage, x, dy, other) =>
        {
            var dx = stage.New([x.View.Channels], x.View.Height, x.View.Width);
            var actual = stage.Run(new Kernel<TDerivative>(x.View, dy.Segment, dx, derivative, other?.Segment.Buffer), [dx])[0];
            for (var image = 0; image < x.Count; image++)
            {
                double[] a = x.Image(image), g = dy.Image(image);
                Close.To(Sum(a.Select((v, i) => g[i] * Derivative.Compute(z => [f(z[0])], [v], [1])[0]), other, image), actual, image, 5e-7, "dx");
            }
        });

    private static void Rounds(Action<Stage, Value, Value, Value?> check)
    {
        var random = new Random(5);
        for (var round = 0; round < 14; round++)
        {
            var stage = new Stage(random, images: random.Next(1, 4));
            int[] channels = [random.Next(1, 80)];
            var (height, width) = round == 0 ? (1, 1) : (random.Next(1, 15), random.Next(1, 15));
            check(stage, stage.Draw(channels, height, width), stage.Draw(channels, height, width), round % 2 == 0 ? null : stage.Draw(channels, height, width));
        }
    }

    private static double[] Sum(IEnumerable<double> gradient, Value? other, int image) => other is null ? [.. gradient] : [.. gradient.Zip(other.Image(image), (a, b) => a + b)];

    private static IEnumerable<double> Channels(IEnumerable<double> x, int pixels) => x.Chunk(pixels).Select(c => c.Sum());

    private sealed record Kernel<TDerivative>(View Input, Segment Dy, View Dx, TDerivative Derivative, int? Added) : IKernel
        where TDerivative : struct, IPointwiseGradient
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new PointwiseGradient<T, TDerivative>(Input, Dy, Dx.Segments[0], Derivative, Added);
    }

    private sealed record ScaleShift(View Input, Segment Dy, VectorSource Vector, View Dx, View Dv, int? Added) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new ScaleShiftGradient<T>(Input, Dy, Vector, Dx.Segments[0], Dv.Segments[0], Added);
    }

    private sealed record Sums(View Input, View Output, int? Added, bool Mean = false) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new PixelSums<T>(Input, Output.Segments[0], Added, Mean);
    }
}
