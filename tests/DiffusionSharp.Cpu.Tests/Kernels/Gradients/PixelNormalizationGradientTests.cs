using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public class PixelNormalizationGradientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_segments_scale_shift_and_silu(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 16; round++)
        {
            var stage = new Stage(random, images: random.Next(1, 4));
            int[] channels = [.. Enumerable.Range(0, random.Next(3)).Select(_ => 16 * random.Next(1, 6)), random.Next(1, 90)];
            var x = stage.Draw(channels, random.Next(1, 15), random.Next(1, 15), deviation: Math.Pow(10, random.Next(-6, 7)));
            Check(stage, x, floor: 1e-12, round % 2 == 0, round % 4 < 2, repeated: random.Next(2) == 0, added: random.Next(2) == 0);
        }
    }

    // A pixel shorter than the floor is divided by it, and a constant has no derivative. About half of these are shorter.
    [Theory]
    [InlineData(5, 2.1)]
    [InlineData(33, 5.7)]
    [InlineData(4, 1000)]
    public void Short_pixels(int channels, double floor)
    {
        var stage = new Stage(new Random(channels));
        Check(stage, stage.Draw([channels], 9, 8), floor, vector: true, silu: true, repeated: true, added: false);
    }

    [Fact]
    public void A_pixel_of_zeros()
    {
        var stage = new Stage(new Random(1));
        Check(stage, stage.Draw([7], 1, 1, deviation: 0), floor: 1e-3, vector: false, silu: true, repeated: false, added: false);
    }

    // The derivative by hand against differences: channels, scale and shift, SiLU.
    [Theory]
    [InlineData(1, false, false)]
    [InlineData(3, true, false)]
    [InlineData(19, false, true)]
    [InlineData(16, true, true)]
    public void Central_differences(int channels, bool vector, bool silu)
    {
        var stage = new Stage(new Random(channels));
        const int Pixels = 5;
        double[] Draw(int count, double mean = 0) => Array.ConvertAll(stage.Normals(count, mean), v => (double)v);
        var (x, dy, weight, v) = (Draw(channels * Pixels, 1), Draw(channels * Pixels), Draw(channels, 1), vector ? Draw(2 * channels) : null);
        var parts = Gradient(x, dy, Pixels, weight, v, 1e-12, silu);
        Same(Derivative.Compute(z => Forward(z, Pixels, weight, v, 1e-12, silu), x, dy, 1e-3), parts.Input);
        Same(Derivative.Compute(z => Forward(x, Pixels, z, v, 1e-12, silu), weight, dy, 1e-3), parts.Scale);
        if (v is not null)
        {
            Same(Derivative.Compute(z => Forward(x, Pixels, weight, z, 1e-12, silu), v, dy, 1e-3), parts.Vector);
        }

        static void Same(double[] expected, double[] actual) => Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < 1e-8);
    }

    private static void Check(Stage stage, Value x, double floor, bool vector, bool silu, bool repeated, bool added)
    {
        var (view, channels) = (x.View, x.View.Channels);
        View New(int count, bool image) => stage.New([count], image ? view.Height : 1, image ? view.Width : 1);
        var weight = stage.Normals(channels, mean: 1, deviation: 0.2);
        var dy = stage.Draw([channels], view.Height, view.Width);
        var scaleShift = vector ? stage.Draw([2 * channels], 1, 1, deviation: 0.3) : null;

        // Of the gradient's size, so that both parts of the sum are seen.
        var other = added ? stage.Draw([channels], view.Height, view.Width, deviation: x.Data.Average(v => Math.Abs(1 / (v == 0 ? 1 : v)))) : null;
        View dx = New(channels, image: true), dg = New(channels, image: false);
        var dv = vector ? New(2 * channels, image: false) : null;
        var y = repeated ? New(channels, image: true) : null;
        var options = new NormalizationOptions(1, floor, scaleShift?.Vector(), silu);
        View[] outputs = [dx, dg, .. ((View?[])[dv, y]).OfType<View>()];
        var actual = stage.Run(new Kernel(view, dy.Segment, options, weight, dx, dg, dv, y, other?.Segment.Buffer), outputs);
        if (y is not null)
        {
            var forward = stage.New([channels], view.Height, view.Width);
            Assert.True(Bits.AreEqual(stage.Run(new Forwards(view, forward, options, weight), forward), actual[^1]), "y has other bits than those of the normalisation");
        }

        for (var image = 0; image < x.Count; image++)
        {
            var expected = Gradient(x.Image(image), dy.Image(image), view.Pixels, Array.ConvertAll(weight, w => (double)w), scaleShift?.Image(image), floor, silu);
            Close.To(other is null ? expected.Input : [.. expected.Input.Zip(other.Image(image), (a, b) => a + b)], actual[0], image, 2e-6, "dx");
            Close.To(expected.Scale, actual[1], image, 2e-6, "dg");
            if (dv is not null)
            {
                Close.To(expected.Vector, actual[2], image, 2e-6, "dv");
            }
        }
    }

    // [C, H, W]; the vector is scale, then shift.
    private static double[] Forward(double[] x, int pixels, double[] weight, double[]? vector, double floor, bool silu)
    {
        var y = ReferenceNetwork.RmsNorm(x, pixels, weight, floor);
        y = [.. y.Select((v, i) => vector is null ? v : (v * (1 + vector[i / pixels])) + vector[weight.Length + (i / pixels)])];
        return silu ? [.. y.Select(v => v / (1 + Math.Exp(-v)))] : y;
    }

    private static (double[] Input, double[] Scale, double[] Vector) Gradient(double[] x, double[] dy, int pixels, double[] weight, double[]? vector, double floor, bool silu)
    {
        var channels = weight.Length;
        double[] dx = new double[x.Length], dg = new double[channels], dv = new double[2 * channels];
        for (var pixel = 0; pixel < pixels; pixel++)
        {
            var places = Enumerable.Range(0, channels).Select(c => (c * pixels) + pixel).ToArray();
            var length = Math.Sqrt(places.Sum(i => x[i] * x[i]));
            var by = Math.Sqrt(channels) / Math.Max(length, floor);
            var d = new double[channels];
            for (var c = 0; c < channels; c++)
            {
                var (value, gradient, scale) = (x[places[c]] * by, dy[places[c]], 1 + (vector?[c] ?? 0));
                if (silu)
                {
                    var u = (value * weight[c] * scale) + (vector?[channels + c] ?? 0);
                    gradient *= (1 + (u / (1 + Math.Exp(u)))) / (1 + Math.Exp(-u));
                }

                dg[c] += gradient * value * scale;
                dv[c] += gradient * value * weight[c];
                dv[channels + c] += gradient;
                d[c] = gradient * weight[c] * scale;
            }

            // d(x/‖x‖) = dx/‖x‖ - x·(x·dx)/‖x‖³.
            var along = length < floor ? 0 : places.Select((i, c) => x[i] * d[c]).Sum() / (length * length);
            for (var c = 0; c < channels; c++)
            {
                dx[places[c]] = by * (d[c] - (x[places[c]] * along));
            }
        }

        return (dx, dg, dv);
    }

    private sealed record Kernel(View Input, Segment Dy, NormalizationOptions Options, float[] Weight, View Dx, View Dg, View? Dv, View? Y, int? Added) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var scale = ParameterPlace.Alone(new RowLayout(1, Weight.Length), Weight);
            return new Owning(new PixelNormalizationGradient<T>(Input, Dy, Options, scale, Dx.Segments[0], Dg.Segments[0], Dv?.Segments[0], Y?.Segments[0], Added), [scale]);
        }
    }

    private sealed record Forwards(View Input, View Output, NormalizationOptions Options, float[] Weight) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var scale = ParameterPlace.Alone(new RowLayout(1, Weight.Length), Weight);
            return new Owning(new PixelNormalization<T>(Input, Output.Segments[0], Options, scale), [scale]);
        }
    }
}
