using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

public class ChurnTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    private static readonly NoiseLevels Ten = NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, 10));

    // Karras et al., algorithm 2: where σ lies in [S_tmin, S_tmax] it rises by γ; x stays on the marginal of its level; no call is added.
    [Fact]
    public void Noise_is_added_by_the_forward_process()
    {
        var plan = EdmPlan.Heun(Ten, new SolverOptions(), new Churn(Linear, Amount: 3, From: 0.5, To: 50));
        Assert.Equal(19, plan.NetworkCalls);
        var churned = plan.Steps.Where(s => s.Timestep is null).ToArray();
        Assert.Equal(Ten.Count(l => l.Sigma is >= 0.5 and <= 50), churned.Length);
        Assert.All(churned, s =>
        {
            Assert.Equal(1.3 * NoiseLevel.SigmaOf(s.AlphaBarFrom), NoiseLevel.SigmaOf(s.AlphaBarTo), 1e-9);
            Assert.Equal(1 - s.AlphaBarTo, (s.X * s.X * (1 - s.AlphaBarFrom)) + (s.Sigma * s.Sigma), 1e-12);
            Assert.Equal(Math.Sqrt(s.AlphaBarTo), s.X * Math.Sqrt(s.AlphaBarFrom), 1e-12);
        });

        // The call is made at the level it rose to.
        Assert.All(plan.Steps.Zip(plan.Steps.Skip(1)), p => Assert.Equal(p.First.AlphaBarTo, p.Second.AlphaBarFrom, 1e-15));
    }

    [Fact]
    public void It_never_rises_above_the_schedule_nor_by_more_than_root_2()
    {
        var plan = EdmPlan.Euler(Ten, new SolverOptions(), new Churn(Linear, Amount: 1e9, Noise: 1.01));
        Assert.Equal(999, plan.Steps[0].Timestep);
        Assert.All(plan.Steps.Where(s => s.Timestep is null), s =>
        {
            Assert.Equal(Math.Sqrt(2) * NoiseLevel.SigmaOf(s.AlphaBarFrom), NoiseLevel.SigmaOf(s.AlphaBarTo), 1e-9);
            Assert.Equal(1.01 * Math.Sqrt(1 - (s.AlphaBarTo / s.AlphaBarFrom)), s.Sigma, 1e-12);
        });
        Assert.Equal(EdmPlan.Euler(Ten, new SolverOptions()), EdmPlan.Euler(Ten, new SolverOptions(), new Churn(Linear, Amount: 0)));
    }
}
