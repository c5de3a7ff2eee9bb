using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>Closed-form runs whose float64 results are stated in schedules-and-plans.md.</summary>
public class NumbersToMeetTests
{
    private static readonly double[] Ramp = [.. Enumerable.Range(0, 768).Select(i => i / 768.0)];

    private static double Shrink(double x, double t) => x * t / (t + 1);

    private static double[] Run(NoiseSchedule schedule, DdimOptions options) =>
        PlanInDoubles.Run(DdimPlan.Create(schedule, Timesteps.Leading(1000, 10), options), Ramp, Shrink);

    [Theory]
    [InlineData(PredictionType.Epsilon, 172.0065, 0.223967)]
    [InlineData(PredictionType.VPrediction, 52.5301, 0.068399)]
    public void Leading(PredictionType type, double sum, double mean)
    {
        foreach (var treatment in (X0Treatment[])[X0Treatment.None, X0Treatment.Clip(), X0Treatment.Clip(1, keepEpsilon: true)])
        {
            var x = Run(NoiseSchedule.Linear(), new DdimOptions { PredictionType = type, X0Treatment = treatment });
            Assert.Equal(sum, x.Sum(Math.Abs), 5e-5);
            Assert.Equal(mean, x.Average(Math.Abs), 5e-7);
        }
    }

    [Theory]
    [InlineData(FinalAlphaBar.One, 149.8295)]
    [InlineData(FinalAlphaBar.AlphaBarZero, 149.0784)]
    public void Final_alphaBar(FinalAlphaBar final, double sum) =>
        Assert.Equal(sum, Run(NoiseSchedule.Linear(1000, 0.01), new DdimOptions { FinalAlphaBar = final }).Sum(Math.Abs), 5e-5);

    [Fact]
    public void Clipping()
    {
        static double Mean(X0Treatment treatment)
        {
            var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Leading(1000, 10), new DdimOptions { X0Treatment = treatment });
            var xT = Enumerable.Range(0, 768).Select(i => (6 * i / 768.0) - 3).ToArray();
            return PlanInDoubles.Run(plan, xT, (double x, double _) => 0.5 * x).Average(Math.Abs);
        }

        Assert.Equal(0.634005, Mean(X0Treatment.Clip(1, keepEpsilon: true)), 5e-7);
        Assert.Equal(0.942440, Mean(X0Treatment.Clip()), 5e-7);
        Assert.Equal(11.109606, Mean(X0Treatment.None), 5e-7);
    }
}
