using DiffusionSharp.Evaluation.Likelihood;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Evaluation.Tests.Likelihood;

/// <summary>The variational bound.</summary>
public sealed class VariationalBoundTests
{
    private const int Images = 64;
    private static readonly double Ln2 = Math.Log(2);

    [Theory]
    [InlineData(PredictionType.Epsilon, null)]
    [InlineData(PredictionType.VPrediction, null)]
    [InlineData(PredictionType.Epsilon, 25)]
    public void Of_Gaussian_images_every_term_is_known(PredictionType type, int? steps)
    {
        var schedule = NoiseSchedule.Linear(200, 1e-4, 0.1);
        using var model = GaussianModel.Create(schedule, type);
        var tau = steps is { } s ? Timesteps.Uniform(200, s) : null;
        var options = new VariationalBoundOptions { Timesteps = tau, Clip = false, Variance = BoundVariance.Small };
        var found = VariationalBound.Compute(model, GaussianModel.Pixels(Images), options: options);
        int[] visited = tau is null ? [.. Enumerable.Range(0, 200)] : [.. tau.Reverse()];
        Assert.Equal(visited, found.Terms.Select(t => t.Timestep));

        var wanted = 0.0;
        for (var k = 1; k < visited.Length; k++)
        {
            // With the true variance, KL is the squared distance of the means; E[(x̂0-x0)²] is the posterior's variance.
            double alphaBar = schedule.AlphaBar(visited[k]), before = schedule.AlphaBar(visited[k - 1]), beta = 1 - (alphaBar / before);
            var coefficient = beta * Math.Sqrt(before) / (1 - alphaBar);
            var error = GaussianModel.Deviation * GaussianModel.Deviation * (1 - alphaBar) / GaussianModel.Variance(alphaBar);
            var bits = 0.5 * coefficient * coefficient * error / (beta * (1 - before) / (1 - alphaBar)) / Ln2;
            Assert.Equal(1, found.Terms[k].Bits / bits, 0.15);
            Assert.Equal(1, found.Terms[k].X0Error / error, 0.15);
            Assert.Equal(1, found.Terms[k].EpsilonError / (error * alphaBar / (1 - alphaBar)), 0.15);
            wanted += bits;
        }

        Assert.Equal(1, found.Terms.Skip(1).Sum(t => t.Bits) / wanted, 0.03);
        Assert.Equal(found.Total.Mean, found.Prior + found.Terms.Sum(t => t.Bits), 1e-9);
    }

    [Fact]
    public void It_bounds_the_bits_of_the_levels_closely()
    {
        var schedule = NoiseSchedule.Linear(1000);
        using var model = GaussianModel.Create(schedule);
        var found = VariationalBound.Compute(model, GaussianModel.Pixels(Images), options: new VariationalBoundOptions { Clip = false, Variance = BoundVariance.Large });

        // The entropy of levels of N(μ, s²), a level being 1/127.5 wide.
        var entropy = (0.5 * Math.Log2(2 * Math.PI * Math.E * GaussianModel.Deviation * GaussianModel.Deviation)) + Math.Log2(127.5);
        Assert.InRange(found.Total.Mean, entropy, entropy + 0.25);
        Assert.InRange(found.Total.Mean, found.Total.Interval.Low, found.Total.Interval.High);
        Assert.InRange(found.Prior, 0, 1e-4);
    }

    [Fact]
    public void Of_data_spread_wider_than_the_noise_the_larger_variance_costs_less_and_a_batch_changes_nothing()
    {
        var schedule = NoiseSchedule.Linear(50, 1e-3, 0.2);
        using var model = GaussianModel.Create(schedule);
        var small = Of(new VariationalBoundOptions { Variance = BoundVariance.Small });
        Assert.True(Of(new VariationalBoundOptions { Variance = BoundVariance.Large }).Terms[1].Bits < small.Terms[1].Bits);
        Assert.Equal(small.Total.Values, Of(new VariationalBoundOptions { Variance = BoundVariance.Small, BatchSize = 3 }).Total.Values);
        var e = Assert.Throws<DiffusionException>(() => Of(new VariationalBoundOptions { Variance = BoundVariance.Learned }));
        Assert.Contains("predicts no variance", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<DiffusionException>(() => Of(new VariationalBoundOptions { Timesteps = Timesteps.Uniform(100, 10) }));
        Assert.Contains("T = 100", e.Message, StringComparison.Ordinal);

        VariationalBoundResult Of(VariationalBoundOptions options) => VariationalBound.Compute(model, GaussianModel.Pixels(7), options: options);
    }
}
