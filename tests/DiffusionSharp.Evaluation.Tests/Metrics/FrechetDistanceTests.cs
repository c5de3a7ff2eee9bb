using CsCheck;
using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class FrechetDistanceTests
{
    [Fact]
    public void In_one_dimension_it_is_the_means_and_the_deviations() => Gen.Select(Gen.Double[-5, 5], Gen.Double[-5, 5], Gen.Double[0, 3], Gen.Double[0, 3]).Sample(
        (m1, m2, s1, s2) => Assert.Equal(
            ((m1 - m2) * (m1 - m2)) + ((s1 - s2) * (s1 - s2)),
            FrechetDistance.Compute(new([m1], [s1 * s1]), new([m2], [s2 * s2])),
            1e-13));

    // Σ₁ = QΛQᵀ and Σ₂ = QMQᵀ: tr (Σ₁Σ₂)^½ = Σ √(λμ), whatever the ranks.
    [Fact]
    public void Covariances_that_commute_have_a_closed_form() => Gen.Select(Gen.Int[1, 30], Gen.Int[0, 30], Gen.Int[0, 30], Gen.ULong[0, 1000]).Sample(
        (n, zeros1, zeros2, seed) =>
        {
            double[] q = Features.Orthogonal(n, seed), values = [.. Features.Normal(4, n, seed + 7).Select(v => v * v)];
            double[] first = [.. Enumerable.Range(0, n).Select(i => i < n - zeros1 ? values[i] : 0)], second = [.. Enumerable.Range(0, n).Select(i => i < zeros2 ? 0 : values[n + i])];
            var exact = first.Zip(second, (a, b) => (Math.Sqrt(a) - Math.Sqrt(b)) * (Math.Sqrt(a) - Math.Sqrt(b))).Sum();
            var found = FrechetDistance.Compute(new(new double[n], Features.Symmetric(q, first)), new(new double[n], Features.Symmetric(q, second)));
            Assert.Equal(exact, found, 2e-7 * (first.Sum() + second.Sum()));
        },
        iter: 200);

    // Eigenvalues from 1 down to 10⁻¹²: none of them is taken for zero.
    [Fact]
    public void Small_eigenvalues_count()
    {
        const int n = 40;
        double[] q = Features.Orthogonal(n, 3), small = [.. Enumerable.Range(0, n).Select(i => Math.Pow(10, -12.0 * i / (n - 1)))], ones = [.. Enumerable.Repeat(1.0, n)];
        var found = FrechetDistance.Compute(new(new double[n], Features.Symmetric(q, small)), new(new double[n], Features.Symmetric(q, ones)));
        Assert.Equal(small.Sum(v => (1 - Math.Sqrt(v)) * (1 - Math.Sqrt(v))), found, 1e-9);
    }

    // Rank 29 of 128, in which one covariance is c² times the other: the distance is (1 - c)² tr Σ.
    [Fact]
    public void A_rank_deficient_covariance_and_its_multiple()
    {
        const int n = 128, images = 30;
        var features = Features.Normal(images, n, 5);
        FeatureStatistics a = FeatureStatistics.Of(FeatureMatrix.Create(features, n)), b = FeatureStatistics.Of(FeatureMatrix.Create(Array.ConvertAll(features, v => 3 * v), n));
        var means = a.Mean.ToArray().Sum(m => 4 * m * m);
        Assert.Equal(means + (4 * a.Trace), FrechetDistance.Compute(a, b), 1e-11 * a.Trace);
    }

    [Fact]
    public void Covariances_in_orthogonal_spaces_share_nothing()
    {
        double[] q = Features.Orthogonal(20, 8), left = [.. Enumerable.Range(0, 20).Select(i => i < 10 ? 1.0 : 0)], right = [.. left.Select(v => 1 - v)];
        Assert.Equal(20, FrechetDistance.Compute(new(new double[20], Features.Symmetric(q, left)), new(new double[20], Features.Symmetric(q, right))), 1e-9);
        Assert.Equal(10, FrechetDistance.Compute(new(new double[20], Features.Symmetric(q, left)), new(new double[20], new double[400])), 1e-12);
        Assert.Equal(0, FrechetDistance.Compute(new(new double[20], new double[400]), new(new double[20], new double[400])));
    }

    [Fact]
    public void It_is_symmetric_and_zero_at_itself() => Gen.Select(Gen.Int[1, 25], Gen.Int[2, 40], Gen.Int[2, 40], Gen.ULong[0, 1000]).Sample(
        (n, images1, images2, seed) =>
        {
            FeatureStatistics a = FeatureStatistics.Of(Features.NormalMatrix(images1, n, seed)), b = FeatureStatistics.Of(Features.NormalMatrix(images2, n, seed + 1, 0.3, 2));
            Assert.Equal(FrechetDistance.Compute(a, b), FrechetDistance.Compute(b, a), 1e-7 * (a.Trace + b.Trace));
            Assert.InRange(FrechetDistance.Compute(a, a), 0, 2e-7 * a.Trace);
        },
        iter: 200);

    [Fact]
    public void Moving_both_changes_nothing_and_scaling_both_scales_it_by_the_square() => Gen.Select(Gen.Int[1, 12], Gen.Double[-100, 100], Gen.Double[0.1, 10], Gen.ULong[0, 1000]).Sample(
        (n, move, scale, seed) =>
        {
            double[] x = Features.Normal(40, n, seed), y = Features.Normal(50, n, seed + 1, 0.5, 1.5);
            var distance = Of(x, y);
            Assert.Equal(distance, Of(Array.ConvertAll(x, v => v + move), Array.ConvertAll(y, v => v + move)), 1e-9);
            Assert.Equal(scale * scale * distance, Of(Array.ConvertAll(x, v => v * scale), Array.ConvertAll(y, v => v * scale)), 1e-9 * scale * scale);
            Assert.Equal(distance, Of(Features.Permuted(x, n, [.. Enumerable.Range(0, 40).Reverse()]), y), 1e-9);
            double Of(double[] a, double[] b) => FrechetDistance.Compute(FeatureStatistics.Of(FeatureMatrix.Create(a, n)), FeatureStatistics.Of(FeatureMatrix.Create(b, n)));
        },
        iter: 100);

    [Fact]
    public void Another_dimension_and_what_is_no_covariance_are_refused()
    {
        var two = new FeatureStatistics([0, 0], [1, 0, 0, 1], name: "a.npz");
        Refusal.Says(ErrorKind.Data, "drawn has 1 features an image, and a.npz has 2", () => FrechetDistance.Compute(two, new([0], [1], name: "drawn")));
        Refusal.Says(ErrorKind.Data, "b.npz: the covariance has a negative eigenvalue", () => FrechetDistance.Compute(two, new([0, 0], [1, 2, 2, 1], name: "b.npz")));
    }
}
