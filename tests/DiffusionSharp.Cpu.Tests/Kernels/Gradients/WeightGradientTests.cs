using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>Both ways to the gradient of a convolution's weights, against a sum in float64 over every image, pixel and tap.</summary>
public class WeightGradientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Winograd_any_view_and_segments(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 7; round++)
        {
            Check(Draw(random) with { Winograd = true, Kernel = 3, Stride = 1, Padding = 1 }, random);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Direct_any_kernel_stride_and_padding(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 10; round++)
        {
            var kernel = ((int[])[1, 2, 3, 4, 5, 7])[random.Next(6)];
            Check(Draw(random) with { Kernel = kernel, Stride = random.Next(1, 4), Padding = random.Next((kernel / 2) + 2) }, random);
        }
    }

    // The networks' own: 1×1, 2×2 of stride 2, 7×7, 3×3 of stride 2 on a border, a matrix.
    [Theory]
    [InlineData(1, 1, 0, 5, 7, false)]
    [InlineData(2, 2, 0, 6, 8, false)]
    [InlineData(7, 1, 3, 9, 5, false)]
    [InlineData(3, 2, 0, 8, 8, true)]
    [InlineData(1, 1, 0, 1, 1, false)]
    public void Direct_shapes_of_networks(int kernel, int stride, int padding, int height, int width, bool padded)
    {
        var random = new Random(kernel);
        foreach (var images in (int[])[1, 3, 8])
        {
            Check(new Case(false, images, [17, 5], 33, height, width, false, padded, kernel, stride, padding), random);
        }
    }

    // Each number of images has its own tree.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void From_1_to_17_images(bool winograd)
    {
        var random = new Random(4);
        for (var images = 1; images <= 17; images++)
        {
            Check(new Case(winograd, images, [5], 7, 5, 6, false, false), random);
        }
    }

    // What lies ready for all images is more than a group's.
    [Theory]
    [InlineData(true, 17, 8, 64, 64)]
    [InlineData(true, 9, 16, 50, 70)]
    [InlineData(true, 3, 24, 48, 97)]
    [InlineData(false, 17, 16, 64, 64)]
    [InlineData(false, 5, 33, 49, 50)]
    [InlineData(false, 2, 64, 70, 60)]
    public void Several_groups(bool winograd, int images, int side, int inputs, int outputs) =>
        Check(new Case(winograd, images, [inputs], outputs, side, side - 1, false, false, Kernel: winograd ? 3 : 1, Padding: winograd ? 1 : 0), new Random(side), new Random(5));

    private static Case Draw(Random random) => new(
        false,
        random.Next(1, 18),
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 60))],
        random.Next(1, 70),
        random.Next(1, 10),
        random.Next(1, 10),
        Upsampled: random.Next(3) == 0,
        Padded: random.Next(3) == 0);

    // Where sums are long, some of them are checked.
    private static void Check(Case drawn, Random random, Random? some = null)
    {
        var stage = new Stage(random, drawn.Images);
        var x = stage.Draw(drawn.Channels, drawn.Height, drawn.Width, mean: 0.3);
        var view = x.View with { Upsampled = drawn.Upsampled, Padded = drawn.Padded };
        var seen = Value.Shape(view);

        // The kernel must fit.
        var c = drawn with { Padding = Math.Max(drawn.Padding, (drawn.Kernel - Math.Min(seen.Height, seen.Width) + 1) / 2) };
        var shape = new ConvolutionShape(c.Kernel, c.Stride, c.Padding, c.Size(seen.Height), c.Size(seen.Width));
        var dy = stage.Draw([c.Outputs], shape.Height, shape.Width);
        var taps = c.Kernel * c.Kernel;
        foreach (var together in c.Winograd ? (bool[])[true] : [true, false])
        {
            var layout = new PanelLayout(c.Outputs, seen.Channels, taps, together);
            var actual = stage.Run(new Kernel(c, view, dy.View, shape, layout), layout);
            double[][] inputs = [.. Enumerable.Range(0, c.Images).Select(i => x.Seen(i, view))], gradients = [.. Enumerable.Range(0, c.Images).Select(dy.Image)];
            int[] places = some is null ? [.. Enumerable.Range(0, actual.Length)] : [.. Enumerable.Range(0, 300).Select(_ => some.Next(actual.Length))];
            var expected = new double[places.Length];
            Parallel.For(0, places.Length, i => expected[i] = Sum(places[i]));
            var error = Error.Largest(expected, [.. places.Select(i => actual[i])]) / Math.Max(expected.Max(Math.Abs), double.Epsilon);
            Assert.True(error <= (c.Winograd ? 1e-5 : 2e-6), $"{error} of the largest: {c}, channels {string.Join(", ", c.Channels)}");

            double Sum(int place)
            {
                var (pair, tap) = Math.DivRem(place, taps);
                var (output, input) = Math.DivRem(pair, seen.Channels);
                var (ky, kx) = (tap / c.Kernel, tap % c.Kernel);
                var sum = 0.0;
                for (var image = 0; image < c.Images; image++)
                {
                    for (var i = 0; i < shape.Pixels; i++)
                    {
                        var (sy, sx) = ((i / shape.Width * c.Stride) + ky - c.Padding, (i % shape.Width * c.Stride) + kx - c.Padding);
                        if (sy >= 0 && sx >= 0 && sy < seen.Height && sx < seen.Width)
                        {
                            sum += gradients[image][(output * shape.Pixels) + i] * inputs[image][(((input * seen.Height) + sy) * seen.Width) + sx];
                        }
                    }
                }

                return sum;
            }
        }
    }

    private sealed record Case(
        bool Winograd, int Images, int[] Channels, int Outputs, int Height, int Width, bool Upsampled, bool Padded, int Kernel = 3, int Stride = 1, int Padding = 1)
    {
        public int Size(int input) => ((input + (2 * Padding) - Kernel) / Stride) + 1;
    }

    private sealed record Kernel(Case Case, View Input, View Gradient, ConvolutionShape Shape, PanelLayout Layout) : IParameterKernel
    {
        public IStep Create<T>(ParameterPlace gradient)
            where T : unmanaged, ISimd<T>
        {
            var target = new WeightTarget(Layout, gradient);
            if (!Case.Winograd)
            {
                return new DirectWeightGradient<T>(Input, Gradient, Shape, target);
            }

            var zeros = Zeros.New();
            return new Owning(new WinogradWeightGradient<T>(Input, Gradient, Shape, target, zeros), [zeros]);
        }
    }
}
