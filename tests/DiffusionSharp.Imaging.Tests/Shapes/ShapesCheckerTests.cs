using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Tests.Shapes;

public class ShapesCheckerTests
{
    private const int Count = 500;
    private const ulong HeldOut = 987_654_321;

    /// <summary>Half a hue bin.</summary>
    private const double HueTolerance = 15;

    private static readonly double Part = 1.0 / Count;

    [Fact]
    public void Clean_drawings_are_recognised() => Assert.InRange(Right((p, _) => p), 0.98, 1);

    [Fact]
    public void A_little_noise_is_forgiven() => Assert.InRange(Right((p, r) => Pictures.AddNoise(p, 0.03, r)), 0.98, 1);

    [Fact]
    public void A_little_softness_is_forgiven() => Assert.InRange(Right((p, _) => Pictures.Blur(p, 0.6)), 0.98, 1);

    [Fact]
    public void A_slight_warp_is_forgiven() => Assert.InRange(Right((p, r) => Pictures.AddNoise(Pictures.Warp(p, 0.5, r), 0.015, r)), 0.98, 1);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Blurred_drawings_are_refused(double sigma) =>
        Assert.InRange(Accepted((i, _) => Pictures.Blur(Pictures.Draw(HeldOut, i), sigma)), 0, 0.02);

    [Fact]
    public void Blends_of_two_drawings_are_refused() =>
        Assert.InRange(Accepted((i, _) => Pictures.Blend(Pictures.Draw(HeldOut, 2 * i), Pictures.Draw(HeldOut, (2 * i) + 1))), 0, 0.02);

    [Fact]
    public void Gaussian_noise_is_refused() => Assert.InRange(Accepted((_, r) => Pictures.GaussianNoise(r)), 0, 0.02);

    [Fact]
    public void Uniform_noise_is_refused() => Assert.InRange(Accepted((_, r) => Pictures.UniformNoise(r)), 0, 0.02);

    [Fact]
    public void Smooth_noise_is_refused() => Assert.InRange(
        Accepted((_, r) => [.. Pictures.Blur(Pictures.UniformNoise(r), 3).Select(v => Math.Clamp(0.5f + ((v - 0.5f) * 8), 0, 1))]), 0, 0.02);

    [Fact]
    public void Plain_backgrounds_are_refused() => Assert.Equal(0, Accepted((i, _) => [.. Enumerable.Repeat(i / (float)Count, 3 * 32 * 32)]));

    [Fact]
    public void Grey_drawings_are_refused() => Assert.Equal(0, Accepted((i, _) =>
    {
        var p = Pictures.Draw(HeldOut, i);
        var grey = Enumerable.Range(0, 1024).Select(k => (p[k] + p[k + 1024] + p[k + 2048]) / 3).ToArray();
        return [.. grey, .. grey, .. grey];
    }));

    [Theory]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(100)]
    [InlineData(256)]
    public void Other_sizes_are_recognised(int size)
    {
        var pixels = new byte[3 * size * size];
        for (var i = 0; i < 30; i++)
        {
            var drawing = ShapeDrawing.Create(HeldOut, i);
            ShapeRasterizer.Render(drawing, size, pixels);
            var verdict = ShapesChecker.Check(pixels, size);
            Assert.True(IsRight(verdict, drawing), $"{i}: {drawing} {verdict}");
        }
    }

    [Fact]
    public void Floats_give_the_same_verdict()
    {
        for (var i = 0; i < 20; i++)
        {
            var levels = Pictures.Draw(HeldOut, i);
            var bytes = ShapesChecker.Check([.. levels.Select(v => (byte)Math.Round(v * 255))], 32);
            var floats = ShapesChecker.Check([.. levels.Select(v => (2 * v) - 1)], 32);
            Assert.Equal((bytes.IsShape, bytes.Shape, bytes.HueBin), (floats.IsShape, floats.Shape, floats.HueBin));
        }
    }

    [Fact]
    public void Not_a_number_is_no_shape() => Assert.False(ShapesChecker.Check([.. Enumerable.Repeat(float.NaN, 3 * 32 * 32)], 32).IsShape);

    [Fact]
    public void The_score_counts_shapes_hues_and_reasons()
    {
        const int n = 300;
        var pixels = new byte[(n + 1) * 3 * 32 * 32];
        var labels = new int[n];
        new ShapesSource(32, HeldOut).Read(0, pixels.AsSpan(0, n * 3 * 32 * 32), labels);
        var score = ShapesScore.Compute(pixels, 32);
        Assert.Equal(n, score.Recognised);
        Assert.Equal((double)n / (n + 1), score.Fraction);
        Assert.Equal(Enumerable.Range(0, 6).Select(k => labels.Count(l => l == k)), score.PerShape);
        Assert.All(score.PerHueBin, c => Assert.True(c > 0));
        Assert.Equal(n, score.PerHueBin.Sum());
        Assert.Equal(1, Assert.Single(score.Reasons).Value);
        Assert.False(score.Verdicts[n].IsShape);
    }

    private static bool IsRight(ShapeVerdict verdict, ShapeDrawing drawing) =>
        verdict.IsShape && verdict.Shape == drawing.Kind && ShapeHue.Distance(verdict.Hue, drawing.Hue) <= HueTolerance;

    private static double Right(Func<float[], Random, float[]> change) => Rate(i =>
        IsRight(Pictures.Check(change(Pictures.Draw(HeldOut, i), new Random(i))), ShapeDrawing.Create(HeldOut, i)));

    private static double Accepted(Func<int, Random, float[]> make) => Rate(i => Pictures.Check(make(i, new Random(i))).IsShape);

    private static double Rate(Func<int, bool> test)
    {
        var yes = new bool[Count];
        Parallel.For(0, Count, i => yes[i] = test(i));
        return yes.Count(y => y) * Part;
    }
}
