using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class PixelNormalizationTests
{
    private const double Floor = 1e-12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_segments_scale_shift_and_silu(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 15; round++)
        {
            var images = random.Next(1, 4);
            var stage = new Stage(random, images, random.Next(1, images + 1));
            int[] channels = [.. Enumerable.Range(0, random.Next(3)).Select(_ => 16 * random.Next(1, 6)), random.Next(1, 90)];
            var x = stage.Draw(channels, random.Next(1, 15), random.Next(1, 15), perCondition: random.Next(4) == 0, deviation: Math.Pow(10, random.Next(-6, 7)));
            Check(stage, x, scaleShift: random.Next(3), silu: random.Next(2) == 0);
        }
    }

    // A pixel shorter than the floor is divided by the floor: 0 stays 0.
    [Theory]
    [InlineData(0)]
    [InlineData(1e-13)]
    [InlineData(1e-12)]
    public void Short_pixels_are_divided_by_the_floor(double deviation)
    {
        var stage = new Stage(new Random(1));
        Check(stage, stage.Draw([5], 3, 3, deviation: deviation), scaleShift: 0, silu: false);
    }

    private static void Check(Stage stage, Value x, int scaleShift, bool silu)
    {
        var (view, channels) = (x.View, x.View.Channels);
        var weight = stage.Normals(channels, mean: 1, deviation: 0.2);
        var vector = scaleShift == 0 ? null : stage.Draw([2 * channels], 1, 1, view.PerCondition || scaleShift == 2, deviation: 0.3);
        var throughCondition = !view.PerCondition && scaleShift == 2;
        var output = stage.New([channels], view.Height, view.Width, view.PerCondition);
        var actual = stage.Run(new Kernel(view, output, new(1, Floor, vector?.Vector(throughCondition), silu), weight), output);
        var size = channels * view.Pixels;
        for (var image = 0; image < x.Count; image++)
        {
            var expected = ReferenceNetwork.RmsNorm(x.Image(image), view.Pixels, Array.ConvertAll(weight, w => (double)w), Floor);
            var of = vector?.Image(throughCondition ? stage.ConditionOf(image) : image);
            expected = [.. expected.Select((v, i) => of is null ? v : (v * (1 + of[i / view.Pixels])) + of[channels + (i / view.Pixels)])];
            expected = silu ? [.. expected.Select(v => v / (1 + Math.Exp(-v)))] : expected;
            Assert.InRange(Error.Largest(expected, actual[(image * size)..((image + 1) * size)]) / Math.Max(1, expected.Max(Math.Abs)), 0, 1e-6);
        }
    }

    private sealed record Kernel(View Input, View Output, NormalizationOptions Options, float[] Weight) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var scale = ParameterPlace.Alone(new RowLayout(1, Weight.Length), Weight);
            return new Owning(new PixelNormalization<T>(Input, Output.Segments[0], Options, scale), [scale]);
        }
    }
}
