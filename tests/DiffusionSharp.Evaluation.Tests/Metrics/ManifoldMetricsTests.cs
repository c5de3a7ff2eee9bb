using CsCheck;
using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class ManifoldMetricsTests
{
    // Integers: many points lie exactly at a radius, where the two conventions part.
    private static readonly Gen<(FeatureMatrix Real, FeatureMatrix Drawn, int K)> Sets =
        from dimension in Gen.Int[1, 12]
        from real in Gen.Double[-3, 3].Select(Math.Round).Array[dimension].Array[5, 60]
        from drawn in Gen.Double[-2, 4].Select(Math.Round).Array[dimension].Array[5, 60]
        from k in Gen.Int[1, 4]
        select (FeatureMatrix.Create([.. real.SelectMany(r => r)], dimension), FeatureMatrix.Create([.. drawn.SelectMany(r => r)], dimension), k);

    [Fact]
    public void All_four_are_those_of_all_pairs_in_both_conventions() => Sets.Sample(
        c =>
        {
            foreach (var boundary in Enum.GetValues<BallBoundary>())
            {
                var found = ManifoldMetrics.Compute(c.Real, c.Drawn, new ManifoldOptions { K = c.K, Boundary = boundary });
                double[] realRadii = Radii(c.Real, c.K), drawnRadii = Radii(c.Drawn, c.K);
                bool In(double square, double radius) => boundary == BallBoundary.Closed ? square <= radius : square < radius;
                bool InReal(int drawn, int real) => In(BruteForce.Square(c.Real, real, c.Drawn, drawn), realRadii[real]);
                bool InDrawn(int real, int drawn) => In(BruteForce.Square(c.Real, real, c.Drawn, drawn), drawnRadii[drawn]);
                int[] reals = [.. Enumerable.Range(0, c.Real.Count)], drawns = [.. Enumerable.Range(0, c.Drawn.Count)];
                Assert.Equal(drawns.Average(i => reals.Any(j => InReal(i, j)) ? 1.0 : 0), found.Precision, 1e-12);
                Assert.Equal(reals.Average(j => drawns.Any(i => InDrawn(j, i)) ? 1.0 : 0), found.Recall, 1e-12);
                Assert.Equal(drawns.Average(i => reals.Count(j => InReal(i, j))) / c.K, found.Density, 1e-12);
                Assert.Equal(reals.Average(j => drawns.Any(i => InReal(i, j)) ? 1.0 : 0), found.Coverage, 1e-12);
            }
        },
        iter: 100);

    [Fact]
    public void Sets_far_apart_share_nothing_and_a_set_is_within_itself()
    {
        FeatureMatrix a = Features.NormalMatrix(80, 6, 1), far = Features.NormalMatrix(70, 6, 2, mean: 1000);
        var apart = ManifoldMetrics.Compute(a, far);
        Assert.Equal((0, 0, 0, 0), (apart.Precision, apart.Recall, apart.Density, apart.Coverage));
        var same = ManifoldMetrics.Compute(a, a);
        Assert.Equal((1, 1, 1), (same.Precision, same.Recall, same.Coverage));
    }

    // Independent sets of one distribution: the k-th neighbour's ball holds k others of n - 1, so density's expectation is n / (n - 1) (Naeem et al. 2020, equation 6),
    // and coverage's 1 - (m - 1)…(m - k) / (2m - 1)…(2m - k) for sets of m (equation 8).
    [Fact]
    public void Sets_of_one_kind_have_density_1_and_the_coverage_of_the_paper()
    {
        const int n = 1500;
        var found = ManifoldMetrics.Compute(Features.NormalMatrix(n, 4, 1), Features.NormalMatrix(n, 4, 2), new ManifoldOptions { K = 5, Boundary = BallBoundary.Open });
        Assert.Equal(1, found.Density, 0.05);
        var coverage = 1 - Enumerable.Range(1, 5).Aggregate(1.0, (p, i) => p * (n - i) / ((2.0 * n) - i));
        Assert.Equal(coverage, found.Coverage, 0.02);
    }

    [Fact]
    public void The_order_of_the_images_changes_nothing() => Gen.Select(Gen.Shuffle(Enumerable.Range(0, 50).ToArray()), Gen.ULong[0, 100]).Sample(
        (order, seed) =>
        {
            double[] real = Features.Normal(40, 3, seed), drawn = Features.Normal(50, 3, seed + 1, 0.3);
            var a = ManifoldMetrics.Compute(FeatureMatrix.Create(real, 3), FeatureMatrix.Create(drawn, 3));
            var b = ManifoldMetrics.Compute(FeatureMatrix.Create(real, 3), FeatureMatrix.Create(Features.Permuted(drawn, 3, order), 3));
            Assert.Equal((a.Precision, a.Recall, a.Density, a.Coverage), (b.Precision, b.Recall, b.Density, b.Coverage));
            Assert.Equal(order.Select(i => a.BallsOfGenerated[i]), b.BallsOfGenerated);
        },
        iter: 20);

    [Fact]
    public void Too_few_images_and_bad_options_are_refused()
    {
        FeatureMatrix few = Features.NormalMatrix(3, 2, 1), many = Features.NormalMatrix(20, 2, 2);
        Refusal.Says(ErrorKind.Data, "set 1: found 3 images", () => ManifoldMetrics.Compute(few, many));
        Refusal.Says(ErrorKind.Data, "set 1: found 3 images", () => ManifoldMetrics.Compute(many, few));
        Refusal.Says(ErrorKind.Data, "set 3 has 3 features", () => ManifoldMetrics.Compute(many, Features.NormalMatrix(20, 3, 3)));
        Refusal.Says(ErrorKind.Usage, "K is 0", () => ManifoldMetrics.Compute(many, many, new ManifoldOptions { K = 0 }));
    }

    private static double[] Radii(FeatureMatrix set, int k) => [.. BruteForce.Nearest(set, set, k, exceptItself: true).Select(n => n[^1].Square)];
}
