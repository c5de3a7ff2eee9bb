using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>The mistakes of the well-known listing, each beside what we do instead.</summary>
public class ErrataTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    private static double A(int t) => Linear.AlphaBar(t);

    [Fact]
    public void Sigma_on_a_sub_sequence_uses_the_sub_sequences_beta()
    {
        var step = DdimPlan.Step(500, A(500), A(480), new DdimOptions { Eta = 1 });
        var listing = Math.Sqrt((1 - A(480)) / (1 - A(500))) * Math.Sqrt(Linear.Beta(500));
        Assert.Equal(0.420, step.Sigma, 5e-4);
        Assert.Equal(0.099, listing, 5e-4);
    }

    [Fact]
    public void The_listings_eta_1_takes_the_root_of_a_negative_number()
    {
        // σ with √ᾱ for ᾱ and √(1-ᾱ) for 1-ᾱ, and σ for σ² in the direction.
        static double Direction(int t, int s)
        {
            var sigma = Math.Sqrt(Math.Sqrt(1 - A(s)) / Math.Sqrt(1 - A(t))) * Math.Sqrt(1 - (Math.Sqrt(A(t)) / Math.Sqrt(A(t - 1))));
            return Math.Sqrt(1 - A(s) - sigma);
        }

        Assert.Contains(Enumerable.Range(1, 49), k => double.IsNaN(Direction(20 * k, 20 * (k - 1))));
        var plan = DdimPlan.Create(Linear, Timesteps.Stride(1000, 20), new DdimOptions { Eta = 1 });
        Assert.All(plan.Steps, s => Assert.True(double.IsFinite(s.M)));
    }

    [Fact]
    public void Stride_20_makes_50_calls_and_ends_on_the_clean_image()
    {
        var plan = DdimPlan.Create(Linear, Timesteps.Stride(1000, 20));
        Assert.Equal(50, plan.NetworkCalls);
        Assert.Equal(0, plan.Steps[^1].Timestep);
        Assert.Equal(1, plan.FinalAlphaBar);
    }

    // KL between the posteriors with the true and the predicted ε: |mean difference|²/(2σ²).
    [Fact]
    public void The_weight_of_the_KL_term_is_a_square()
    {
        var step = DdimPlan.Step(500, A(500), A(499), new DdimOptions { Eta = 0.7 });
        var meanPerEpsilon = step.M + (step.X0 * step.X0FromM);
        var expected = Math.Sqrt(1 - A(499) - (step.Sigma * step.Sigma)) - (Math.Sqrt(A(499)) * Math.Sqrt(1 - A(500)) / Math.Sqrt(A(500)));
        Assert.Equal(expected, meanPerEpsilon, 1e-12);
        Assert.True(expected < 0);
    }
}
