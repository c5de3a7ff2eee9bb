using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class FrechetExtrapolationTests
{
    [Fact]
    public void A_distance_that_is_a_line_is_found_exactly()
    {
        FrechetPoint[] points = [.. ((int[])[100, 150, 400, 1000]).Select(n => new FrechetPoint(n, 2.5 + (30.0 / n)))];
        var (height, slope) = FrechetExtrapolation.Line(points);
        Assert.Equal(2.5, height, 1e-12);
        Assert.Equal(30, slope, 1e-9);
    }

    // N(m, I) and N(0, I) in 16 dimensions: |m|² = 16m². N images of the first are too far by (D + D(D + 1) / 4) / N at first order: the
    // variance of their mean, and |S - I|² / 4 of their covariance.
    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(0.25, 0.05)]
    public void Gaussians_have_their_own_distance_although_few_images_have_a_larger_one(double m, double tolerance)
    {
        const int d = 16;
        var reference = new FeatureStatistics(new double[d], [.. Enumerable.Range(0, d * d).Select(i => i % (d + 1) == 0 ? 1.0 : 0)]);
        var found = FrechetExtrapolation.Compute(
            Features.NormalMatrix(20_000, d, 3, mean: m), reference, new FrechetExtrapolationOptions { SmallestSubset = 200, Points = 12 });
        Assert.Equal((200, 20_000), (found.Points[0].Images, found.Points[^1].Images));
        Assert.Equal(16 * m * m, found.Distance, tolerance);
        if (m == 0)
        {
            Assert.Equal(d + (d * (d + 1) / 4.0), found.Slope, tolerance: 10);
            Assert.True(found.Points[0].Distance > 20 * Math.Abs(found.Distance));
        }
    }

    [Fact]
    public void Subsets_are_those_of_the_seed()
    {
        var (features, reference) = (Features.NormalMatrix(60, 3, 1), FeatureStatistics.Of(Features.NormalMatrix(50, 3, 2)));
        FrechetExtrapolationOptions options = new() { SmallestSubset = 20, Points = 3, Seed = 1 };
        Assert.Equal(FrechetExtrapolation.Compute(features, reference, options).Points, FrechetExtrapolation.Compute(features, reference, options).Points);
        Assert.NotEqual(FrechetExtrapolation.Compute(features, reference, options).Points[0], FrechetExtrapolation.Compute(features, reference, options with { Seed = 2 }).Points[0]);

        // The last subset is the set, in another order.
        Assert.Equal(FrechetDistance.Compute(FeatureStatistics.Of(features), reference), FrechetExtrapolation.Compute(features, reference, options).Points[^1].Distance, 1e-12);
    }

    [Fact]
    public void Too_few_images_other_dimensions_and_bad_options_are_refused()
    {
        var reference = FeatureStatistics.Of(Features.NormalMatrix(50, 3, 2));
        Refusal.Says(ErrorKind.Data, "needs at least 5001", () => FrechetExtrapolation.Compute(Features.NormalMatrix(60, 3, 1), reference));
        Refusal.Says(ErrorKind.Data, "set 1 has 4 features", () => FrechetExtrapolation.Compute(Features.NormalMatrix(60, 4, 1), reference, new() { SmallestSubset = 5 }));
        Refusal.Says(
            ErrorKind.Usage, "Points is 1, expected at least 2; SmallestSubset is 0", () => FrechetExtrapolation.Compute(Features.NormalMatrix(60, 3, 1), reference, new() { SmallestSubset = 0, Points = 1 }));
    }
}
