using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Training.Objectives;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public class NormalizationGradientTests
{
    private const int Node = 9, FirstImage = 3;
    private const ulong Seed = 5;
    private const long Step = 11;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Groups_within_segments_and_across_them(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 16; round++)
        {
            var stage = New(random, random.Next(1, 5));
            int[] channels = [.. Enumerable.Range(0, random.Next(3)).Select(_ => 16 * random.Next(1, 5)), random.Next(1, 70)];
            var x = stage.Draw(channels, random.Next(1, 15), random.Next(2, 15), mean: 0.5, deviation: 2);
            Check(stage, x, vector: round % 2 == 0, silu: round % 4 < 2, round % 8 < 4 ? null : 0.3, again: random.Next(2) == 0, added: random.Next(2) == 0);
        }
    }

    // Several chunks of pixels, a mean that is most of a value.
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Many_pixels(bool vector, bool silu)
    {
        var stage = New(new Random(1), images: 2);
        Check(stage, stage.Draw([32, 24], 31, 17, mean: 3), vector, silu, dropout: 0.1, again: true, added: true);
    }

    // The derivative by hand against differences.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Central_differences(bool vector, bool silu)
    {
        var stage = new Stage(new Random(6));
        const int Pixels = 5, Groups = 2, Channels = 6;
        double[] Draw(int count, double mean = 0) => Array.ConvertAll(stage.Normals(count, mean), v => (double)v);
        var (x, dy, weight, bias, v) = (Draw(Channels * Pixels, 1), Draw(Channels * Pixels), Draw(Channels, 1), Draw(Channels), vector ? Draw(2 * Channels) : null);
        var factors = Draw(x.Length);
        double[] Forwards(double[] x, double[] weight, double[] bias, double[]? v) => Forward(x, Pixels, Groups, weight, bias, v, silu, factors);
        var gradient = Gradient(x, dy, Pixels, Groups, weight, bias, v, silu, factors);
        Same(Derivative.Compute(z => Forwards(z, weight, bias, v), x, dy, 1e-3), gradient.Input);
        Same(Derivative.Compute(z => Forwards(x, z, bias, v), weight, dy, 1e-3), gradient.Scale);
        Same(Derivative.Compute(z => Forwards(x, weight, z, v), bias, dy, 1e-3), gradient.Shift);
        if (v is not null)
        {
            Same(Derivative.Compute(z => Forwards(x, weight, bias, z), v, dy, 1e-3), gradient.Vector);
        }

        static void Same(double[] expected, double[] actual) => Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < 1e-8);
    }

    private static unsafe Stage New(Random random, int images) => new(random, images) { Prepare = w => w.Update = new UpdateInputs(Seed, Step, FirstImage, images, null, null, null) };

    private static void Check(Stage stage, Value x, bool vector, bool silu, double? dropout, bool again, bool added)
    {
        for (var i = 0; i < x.Data.Length; i++)
        {
            x.Data[i] = BitConverter.UInt32BitsToSingle((uint)WeightFormat.ToBFloat16(x.Data[i]) << 16);
        }

        var (view, channels, stride) = (x.View, x.View.Channels, Segment.Round(x.View.Channels));
        var divisors = Enumerable.Range(1, channels).Where(d => channels % d == 0).ToArray();
        var groups = divisors[stage.Random.Next(divisors.Length)];
        View New(int count) => stage.New([count], view.Height, view.Width);
        float[] weight = stage.Normals(channels, mean: 1, deviation: 0.2), bias = stage.Normals(channels);
        var scaleShift = vector ? stage.Draw([2 * channels], 1, 1, deviation: 0.3) : null;
        Value dy = stage.Draw([channels], view.Height, view.Width), other = stage.Draw([channels], view.Height, view.Width);
        View y = New(channels), dx = New(channels), rows = stage.New([2 * stride], 1, 1), statistics = stage.New([4 * stride], 1, 1);
        var repeated = again ? New(channels) : null;
        var dv = vector ? stage.New([2 * channels], 1, 1) : null;
        var outputs = new NormalizationGradientOutputs(dx.Segments[0], added ? other.Segment.Buffer : null, repeated?.Segments[0], rows.Segments[0], dv?.Segments[0]);
        var options = new NormalizationOptions(groups, 1e-5, scaleShift?.Vector(), silu, dropout is { } p ? (p, Node) : null);
        var actual = stage.Run(new Kernel(view, dy.Segment, y, statistics, options, outputs, weight, bias), [dx, rows, y, .. ((View?[])[dv, repeated]).OfType<View>()], zeros: false);
        Assert.True(!again || Bits.AreEqual(actual[2], actual[^1]), "the value made again has other bits than the normalisation's");

        // The gradient to the input in the place of the gradient; the input in 16 bits, of which it was drawn.
        View[] small = [.. view.Segments.Select(s => stage.New([(int)CastToBFloat16<Simd128>.Half(view.Pixels * s.Stride)], 1, 1))];
        var inPlace = new Kernel(view, dy.Segment, y, statistics, options, outputs, weight, bias) { Small = [.. small.Select(s => s.Segments[0].Buffer)], Place = dx };
        var there = stage.Run(inPlace, [dx, rows, y, .. ((View?[])[dv, repeated]).OfType<View>()], zeros: false);
        Assert.All(actual.Zip(there), v => Assert.True(Bits.AreEqual(v.First, v.Second), "16 bits or the place of the gradient change bits"));
        for (var image = 0; image < x.Count; image++)
        {
            var factors = Factors(dropout, image, channels, view.Pixels);
            var expected = Gradient(x.Image(image), dy.Image(image), view.Pixels, groups, Array.ConvertAll(weight, w => (double)w), Array.ConvertAll(bias, b => (double)b), scaleShift?.Image(image), silu, factors);
            Close.To(added ? [.. expected.Input.Zip(other.Image(image), (a, b) => a + b)] : expected.Input, actual[0], image, 2e-6, "dx");

            // Zero behind the scales and behind the shifts.
            var none = new double[stride - channels];
            Close.To([.. expected.Scale, .. none, .. expected.Shift, .. none], actual[1], image, 2e-6, "scales and shifts");
            if (vector)
            {
                Close.To(expected.Vector, actual[3], image, 2e-6, "scale and shift");
            }
        }
    }

    // [C, H, W] of the mask, whose places are pixel · channels + channel.
    private static double[] Factors(double? dropout, int image, int channels, int pixels)
    {
        var mask = new float[channels * pixels];
        Array.Fill(mask, 1);
        if (dropout is { } probability)
        {
            DropoutMask.Fill(Seed, Step, FirstImage + image, Node, probability, 0, mask);
        }

        return [.. mask.Select((_, i) => (double)mask[(i % pixels * channels) + (i / pixels)])];
    }

    private static double[] Forward(double[] x, int pixels, int groups, double[] weight, double[] bias, double[]? vector, bool silu, double[] factors)
    {
        var z = ReferenceNetwork.GroupNorm(x, pixels, weight, bias, groups, 1e-5);
        z = [.. z.Select((v, i) => vector is null ? v : (v * (1 + vector[i / pixels])) + vector[weight.Length + (i / pixels)])];
        return [.. z.Select((v, i) => factors[i] * (silu ? v / (1 + Math.Exp(-v)) : v))];
    }

    private static (double[] Input, double[] Scale, double[] Shift, double[] Vector) Gradient(
        double[] x, double[] dy, int pixels, int groups, double[] weight, double[] bias, double[]? vector, bool silu, double[] factors)
    {
        var channels = weight.Length;
        var size = x.Length / groups;
        double[] dx = new double[x.Length], scale = new double[channels], shift = new double[channels], dv = new double[2 * channels];
        for (var first = 0; first < x.Length; first += size)
        {
            var places = Enumerable.Range(first, size).ToArray();
            var mean = places.Average(i => x[i]);
            var deviation = Math.Sqrt(places.Average(i => (x[i] - mean) * (x[i] - mean)) + 1e-5);
            double[] normal = [.. places.Select(i => (x[i] - mean) / deviation)], d = new double[size];
            for (var k = 0; k < size; k++)
            {
                var (i, c) = (places[k], places[k] / pixels);
                var more = 1 + (vector?[c] ?? 0);
                var gradient = dy[i] * factors[i];
                if (silu)
                {
                    var z = (((normal[k] * weight[c]) + bias[c]) * more) + (vector?[channels + c] ?? 0);
                    gradient *= (1 + (z / (1 + Math.Exp(z)))) / (1 + Math.Exp(-z));
                }

                scale[c] += gradient * more * normal[k];
                shift[c] += gradient * more;
                dv[c] += gradient * ((normal[k] * weight[c]) + bias[c]);
                dv[channels + c] += gradient;
                d[k] = gradient * more * weight[c];
            }

            double all = d.Average(), along = d.Zip(normal, (a, b) => a * b).Average();
            for (var k = 0; k < size; k++)
            {
                dx[places[k]] = (d[k] - all - (normal[k] * along)) / deviation;
            }
        }

        return (dx, scale, shift, dv);
    }

    private sealed record Kernel(
        View Input, Segment Dy, View Output, View Statistics, NormalizationOptions Options, NormalizationGradientOutputs Outputs, float[] Weight, float[] Bias) : IKernel
    {
        // Buffers for the input in 16 bits.
        public int[]? Small { get; init; }

        // Where the gradient is written first, and then the one to the input.
        public View? Place { get; init; }

        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var layout = new RowLayout(1, Weight.Length);
            var (scale, shift, statistics) = (ParameterPlace.Alone(layout, Weight), ParameterPlace.Alone(layout, Bias), Statistics.Segments[0]);
            var forward = new GroupNormalization<T>(Input, Output.Segments[0], statistics, Options, scale, shift);
            if (Small is null)
            {
                return new Owning(new Following(forward, new NormalizationGradient<T>(Input, Dy, statistics, Options, scale, shift, Outputs)), [scale, shift]);
            }

            IEnumerable<IStep> casts = Input.Segments.Zip(Small, (s, small) => new CastToBFloat16<T>(s.Buffer, small, Input.Pixels * s.Stride));
            var narrow = Input with { Segments = [.. Input.Segments.Zip(Small, (s, small) => s with { Buffer = small })], BFloat16 = true };
            var (from, to) = (Place! with { Segments = [Dy] }, Place!);
            return new Owning(
                new Following([forward, .. casts, new Copy(from, to), new NormalizationGradient<T>(narrow, to.Segments[0], statistics, Options, scale, shift, Outputs)]),
                [scale, shift]);
        }
    }
}
