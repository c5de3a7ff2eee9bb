using System.Text.Json;
using DiffusionSharp.Evaluation;
using DiffusionSharp.Evaluation.Metrics;
using TestKit;

namespace Conformance.Evaluation;

/// <summary>09_fid_maths: pytorch-fid's, torch-fidelity's and prdc's results for the same features.</summary>
public class FeatureMetricsGoldens
{
    public static TheoryData<string, string> Precisions => [.. GoldenRuns.CasesOf("09_fid_maths").SelectMany(c => ((string[])["f64", "f32"]).Select(p => (c, p)))];

    public static TheoryData<string> Cases => [.. GoldenRuns.CasesOf("09_fid_maths")];

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Statistics_agree(string name)
    {
        var golden = new GoldenCase(name);
        foreach (var set in (string[])["fake", "real"])
        {
            var statistics = FeatureStatistics.Of(Features(golden, set, "f64"));
            Near(golden.Doubles("mu_" + set), statistics.Mean.ToArray(), 2e-15);
        }

        var fake = FeatureStatistics.Of(Features(golden, "fake", "f64"));
        Near(golden.Doubles("sigma_fake_diag"), [.. Enumerable.Range(0, fake.Dimension).Select(i => fake.Covariance[(i * fake.Dimension) + i])], 5e-14);
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Precisions))]
    public void The_Frechet_distance_agrees(string name, string precision)
    {
        var golden = new GoldenCase(name);
        var found = FrechetDistance.Compute(FeatureStatistics.Of(Features(golden, "fake", precision)), FeatureStatistics.Of(Features(golden, "real", precision)));
        foreach (var theirs in (string[])["frechet_pytorch_fid", "frechet_torch_fidelity_eigvals"])
        {
            var expected = Result(golden, precision, theirs).GetDouble();
            Assert.Equal(expected, found, 1e-6 * expected);
        }
    }

    // In float64 to 10⁻⁹ of what is added; torch-fidelity's kernel has float32 rounding in float32.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Precisions))]
    public void The_kernel_distance_agrees(string name, string precision)
    {
        var golden = new GoldenCase(name);
        FeatureMatrix fake = Features(golden, "fake", precision), real = Features(golden, "real", precision);
        var found = KernelDistance.OverSubsets(fake, Subsets(golden, "kid_subset_fake"), real, Subsets(golden, "kid_subset_real"));
        var tolerance = precision == "f64" ? 1e-9 : 1e-5;
        Assert.Equal(Result(golden, precision, "kid_mean").GetDouble(), found.Mean, tolerance);
        Assert.Equal(Result(golden, precision, "kid_std").GetDouble(), found.Deviation, tolerance);
        if (precision == "f64")
        {
            Near([.. Result(golden, precision, "kid_per_subset").EnumerateArray().Select(e => e.GetDouble())], [.. found.Values], tolerance);
        }

        int[] first = [.. Enumerable.Range(0, Result(golden, precision, "kid_first_n").GetInt32())];
        Assert.Equal(Result(golden, precision, "kid_first_n_unbiased").GetDouble(), KernelDistance.OverSubsets(fake, [first], real, [first]).Mean, tolerance);
    }

    // Exact: they are numbers of images divided by those there are. In float32 the references' neighbours are near-ties.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Precision_recall_density_and_coverage_are_the_same_numbers_of_images(string name)
    {
        var golden = new GoldenCase(name);
        FeatureMatrix fake = Features(golden, "fake", "f64"), real = Features(golden, "real", "f64");
        var k = Result(golden, "f64", "k").GetInt32();
        var closed = ManifoldMetrics.Compute(real, fake, new ManifoldOptions { K = k, Boundary = BallBoundary.Closed });
        Assert.Equal((float)Result(golden, "f64", "precision").GetDouble(), (float)closed.Precision);
        Assert.Equal((float)Result(golden, "f64", "recall").GetDouble(), (float)closed.Recall);
        Assert.Equal(Result(golden, "f64", "own_precision").GetDouble(), closed.Precision);
        Assert.Equal(Result(golden, "f64", "own_recall").GetDouble(), closed.Recall);
        var open = ManifoldMetrics.Compute(real, fake, new ManifoldOptions { K = k, Boundary = BallBoundary.Open });
        var prdc = Result(golden, "f64", "prdc");
        Assert.Equal(prdc.GetProperty("precision").GetDouble(), open.Precision);
        Assert.Equal(prdc.GetProperty("recall").GetDouble(), open.Recall);
        Assert.Equal(prdc.GetProperty("coverage").GetDouble(), open.Coverage);

        // A sum of fewer than 2⁵³ balls, divided by k and then by N, or at once.
        Assert.Equal(prdc.GetProperty("density").GetDouble(), open.Density, 1e-15 * open.Density);
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void The_inception_score_agrees(string name)
    {
        var golden = new GoldenCase(name);
        var theirs = golden.Json.GetProperty("inception_score");
        var found = InceptionScore.Compute(Features(golden, theirs.GetProperty("logits").GetString()!, "f64"), theirs.GetProperty("splits").GetInt32());
        Assert.False(theirs.GetProperty("shuffle").GetBoolean());
        Assert.Equal(theirs.GetProperty("inception_score_mean").GetDouble(), found.Mean, 1e-12);
        Assert.Equal(theirs.GetProperty("inception_score_std").GetDouble(), found.Deviation, 1e-12);
    }

    private static FeatureMatrix Features(GoldenCase golden, string tensor, string precision)
    {
        var values = golden.Doubles(tensor);
        var dimension = golden.Shape(tensor)[1];
        return precision == "f64" ? FeatureMatrix.Create(values, dimension, tensor) : FeatureMatrix.Create(Array.ConvertAll(values, v => (float)v), dimension, tensor);
    }

    private static int[][] Subsets(GoldenCase golden, string tensor) => [.. golden.Ints(tensor).Chunk(golden.Shape(tensor)[1])];

    private static JsonElement Result(GoldenCase golden, string precision, string key) => golden.Json.GetProperty("results").GetProperty(precision).GetProperty(key);

    private static void Near(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, tolerance * Math.Max(1, Math.Abs(pair.First))));
    }
}
