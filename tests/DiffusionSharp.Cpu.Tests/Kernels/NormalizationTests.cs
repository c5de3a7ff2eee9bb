using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class NormalizationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Groups_lie_within_segments_and_across_them(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 15; round++)
        {
            // All segments but the last fill their vectors.
            var images = random.Next(1, 4);
            var stage = new Stage(random, images, random.Next(1, images + 1));
            int[] channels = [.. Enumerable.Range(0, random.Next(3)).Select(_ => 16 * random.Next(1, 6)), random.Next(1, 90)];
            var x = stage.Draw(channels, random.Next(1, 15), random.Next(1, 15), perCondition: random.Next(4) == 0, mean: 0.5, deviation: 2);
            Check(stage, x, scaleShift: random.Next(3), silu: random.Next(2) == 0, tolerance: 4e-6);
        }
    }

    // An offset of 1000 itself is rounded to 3e-5, and so is its product.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 21)]
    [InlineData(31, 33)]
    public void A_mean_far_from_zero_costs_no_digits_of_the_variance(int height, int width)
    {
        var stage = new Stage(new Random(height));
        Check(stage, stage.Draw([32, 13], height, width, mean: 1000), scaleShift: 0, silu: false, tolerance: 6e-5);
    }

    [Fact]
    public void Equal_values_become_the_shift()
    {
        var stage = new Stage(new Random(1));
        var x = stage.Draw([8], 9, 9, mean: -3, deviation: 0);
        var output = stage.New([8], 9, 9);
        float[] shift = [1, 2, 3, 4, 5, 6, 7, 8];
        var y = stage.Run(new Kernel(x.View, output, stage.New([4 * 16], 1, 1), new(2, 1e-6), [1, 1, 1, 1, 1, 1, 1, 1], shift), output);
        Assert.All(y.Index(), v => Assert.Equal(shift[v.Index / 81], v.Item, 2e-3));
    }

    private static void Check(Stage stage, Value x, int scaleShift, bool silu, double tolerance)
    {
        var (view, channels) = (x.View, x.View.Channels);
        var divisors = Enumerable.Range(1, channels).Where(d => channels % d == 0).ToArray();
        var groups = divisors[stage.Random.Next(divisors.Length)];
        if (view.Pixels * channels / groups == 1)
        {
            groups = divisors[0];
        }

        float[] weight = stage.Normals(channels, mean: 1, deviation: 0.2), bias = stage.Normals(channels);
        var vector = scaleShift == 0 ? null : stage.Draw([2 * channels], 1, 1, view.PerCondition || scaleShift == 2, deviation: 0.3);
        var throughCondition = !view.PerCondition && scaleShift == 2;
        var output = stage.New([channels], view.Height, view.Width, view.PerCondition);
        var actual = stage.Run(new Kernel(view, output, stage.New([4 * Segment.Round(channels)], 1, 1, view.PerCondition), new(groups, 1e-5, vector?.Vector(throughCondition), silu), weight, bias), output);
        var size = channels * view.Pixels;
        for (var image = 0; image < x.Count; image++)
        {
            var expected = ReferenceNetwork.GroupNorm(x.Image(image), view.Pixels, Array.ConvertAll(weight, w => (double)w), Array.ConvertAll(bias, b => (double)b), groups, 1e-5);
            var of = vector?.Image(throughCondition ? stage.ConditionOf(image) : image);
            expected = [.. expected.Select((v, i) => of is null ? v : (v * (1 + of[i / view.Pixels])) + of[channels + (i / view.Pixels)])];
            expected = silu ? [.. expected.Select(v => v / (1 + Math.Exp(-v)))] : expected;
            Assert.InRange(Error.Largest(expected, actual[(image * size)..((image + 1) * size)]) / Math.Max(1, expected.Max(Math.Abs)), 0, tolerance);
        }
    }

    private sealed record Kernel(View Input, View Output, View Statistics, NormalizationOptions Options, float[] Weight, float[] Bias) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var layout = new RowLayout(1, Weight.Length);
            var (scale, shift) = (ParameterPlace.Alone(layout, Weight), ParameterPlace.Alone(layout, Bias));
            return new Owning(new GroupNormalization<T>(Input, Output.Segments[0], Statistics.Segments[0], Options, scale, shift), [scale, shift]);
        }
    }
}
