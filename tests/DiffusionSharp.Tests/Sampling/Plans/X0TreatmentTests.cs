using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Plans;

public class X0TreatmentTests
{
    // x0 = m with x0-prediction.
    private static double[] Treat(X0Treatment treatment, params double[] x0)
    {
        var step = DdimPlan.Step(10, 0.5, 0.9, new DdimOptions { PredictionType = PredictionType.Sample, X0Treatment = treatment });
        var result = new double[x0.Length];
        StepArithmetic.PredictX0(step, treatment, new double[x0.Length], x0, result, new double[x0.Length]);
        return result;
    }

    [Fact]
    public void Clip() => Assert.Equal([-1.5, 1.5, 0.25], Treat(X0Treatment.Clip(1.5), -7, 2, 0.25));

    [Fact]
    public void Threshold_scales_by_the_quantile() =>
        Assert.Equal([1, -0.4, -1, 0.8], Treat(X0Treatment.DynamicThreshold(0.5, 10), 3, -1, -4, 2));

    [Fact]
    public void Threshold_is_at_least_1() =>
        Assert.Equal([0.3, -0.1, -0.4, 0.2], Treat(X0Treatment.DynamicThreshold(0.5, 10), 0.3, -0.1, -0.4, 0.2));

    [Fact]
    public void Threshold_is_at_most_max() =>
        Assert.Equal([1, -0.5, -1, 1], Treat(X0Treatment.DynamicThreshold(0.5, 2), 3, -1, -4, 2));

    // torch.clamp(s, min=1, max=0.5) is 0.5.
    [Fact]
    public void A_max_below_1_wins() =>
        Assert.Equal([1, -0.5], Treat(X0Treatment.DynamicThreshold(0.5, 0.5), 3, -0.25));

    [Fact]
    public void Bad_numbers_are_refused()
    {
        Assert.Throws<DiffusionException>(() => X0Treatment.Clip(0));
        Assert.Throws<DiffusionException>(() => X0Treatment.Clip(double.NaN));
        Assert.Throws<DiffusionException>(() => X0Treatment.DynamicThreshold(1.5));
        Assert.Throws<DiffusionException>(() => X0Treatment.DynamicThreshold(0.5, -1));
    }

    [Fact]
    public void Says_what_it_does()
    {
        Assert.Equal("x0 as predicted", X0Treatment.None.ToString());
        Assert.Equal("clip x0 to ±1, epsilon re-derived", X0Treatment.Clip().ToString());
        Assert.Equal("threshold x0 at quantile 0.95, at most 1.5, the network's epsilon kept", X0Treatment.DynamicThreshold(0.95, 1.5, true).ToString());
    }
}
