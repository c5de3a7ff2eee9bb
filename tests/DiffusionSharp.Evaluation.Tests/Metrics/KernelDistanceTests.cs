using CsCheck;
using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class KernelDistanceTests
{
    [Fact]
    public void It_is_the_sum_over_pairs_that_the_definition_says() => Gen.Select(Gen.Int[2, 45], Gen.Int[2, 45], Gen.Int[1, 9], Gen.ULong[0, 1000]).Sample(
        (m, n, d, seed) =>
        {
            double[] x = Features.Normal(m, d, seed), y = Features.Normal(n, d, seed + 1, 0.2);
            double Kernel(double[] a, int i, double[] b, int j) => Math.Pow((Enumerable.Range(0, d).Sum(c => a[(i * d) + c] * b[(j * d) + c]) / d) + 1, 3);
            double Pairs(double[] a, int count, double[] b, int other, bool apart) =>
                (from i in Enumerable.Range(0, count) from j in Enumerable.Range(0, other) where !apart || i != j select Kernel(a, i, b, j)).Average();
            var exact = Pairs(x, m, x, m, true) + Pairs(y, n, y, n, true) - (2 * Pairs(x, m, y, n, false));
            Assert.Equal(exact, KernelDistance.Compute(FeatureMatrix.Create(x, d), FeatureMatrix.Create(y, d)), 1e-11 * (1 + Pairs(x, m, x, m, false)));
        },
        iter: 60);

    // k is (x·y + 1)³ in one dimension: of N(0, 1) and N(m, 1), the squared distance of the mean embeddings Σ binomial(3, p)·(E xᵖ - E yᵖ)².
    [Fact]
    public void Its_expectation_is_the_distance_of_moments()
    {
        const double m = 0.5;
        var exact = (3 * m * m) + (3 * Math.Pow(m * m, 2)) + Math.Pow((m * m * m) + (3 * m), 2);
        var found = KernelDistance.OverSubsets(
            Features.NormalMatrix(20_000, 1, 1), Features.NormalMatrix(20_000, 1, 2, m), new KernelDistanceOptions { Subsets = 40, SubsetSize = 500 });
        Assert.Equal(40, found.Values.Count);
        Assert.Equal(exact, found.Mean, 5 * found.Deviation / Math.Sqrt(40));
        Assert.InRange(found.Deviation, 0.1, 2);
    }

    [Fact]
    public void Subsets_are_those_of_the_seed()
    {
        FeatureMatrix a = Features.NormalMatrix(60, 3, 1), b = Features.NormalMatrix(50, 3, 2);
        KernelDistanceOptions options = new() { Subsets = 3, SubsetSize = 20, Seed = 5 };
        Assert.Equal(KernelDistance.OverSubsets(a, b, options).Values, KernelDistance.OverSubsets(a, b, options).Values);
        Assert.NotEqual(KernelDistance.OverSubsets(a, b, options).Values, KernelDistance.OverSubsets(a, b, options with { Seed = 6 }).Values);
        Assert.Equal(3, KernelDistance.OverSubsets(a, b, options).Values.Distinct().Count());
        Assert.Equal(
            KernelDistance.Compute(a, b),
            KernelDistance.OverSubsets(a, [[.. Enumerable.Range(0, 60)]], b, [[.. Enumerable.Range(0, 50)]]).Mean);
    }

    [Fact]
    public void Too_few_images_other_dimensions_and_bad_options_are_refused()
    {
        FeatureMatrix a = Features.NormalMatrix(1, 3, 1), b = Features.NormalMatrix(50, 3, 2), c = Features.NormalMatrix(50, 4, 3);
        Refusal.Says(ErrorKind.Data, "set 1: found 1 images", () => KernelDistance.Compute(a, b));
        Refusal.Says(ErrorKind.Data, "set 2: found 50 images, and this kernel distance needs at least 1000", () => KernelDistance.OverSubsets(b, b));
        Refusal.Says(ErrorKind.Data, "set 3 has 4 features an image, and set 2 has 3", () => KernelDistance.Compute(b, c));
        Refusal.Says(ErrorKind.Usage, "Subsets is 0, expected at least 1; SubsetSize is 1", () => KernelDistance.OverSubsets(b, b, new() { Subsets = 0, SubsetSize = 1 }));
    }
}
