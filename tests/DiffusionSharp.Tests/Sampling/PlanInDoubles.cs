using DiffusionSharp.Sampling;

namespace DiffusionSharp.Tests.Sampling;

/// <summary>Carries out a plan with a float64 network and no noise: the plan's arithmetic without float32.</summary>
internal static class PlanInDoubles
{
    public static double[] Run(SamplingPlan plan, double[] xT, Func<double, double, double> model) =>
        Run(plan, xT, (double[] x, double t) => Array.ConvertAll(x, v => model(v, t)));

    public static double[] Run(SamplingPlan plan, double[] xT, Func<double[], double, double[]> model)
    {
        var x = xT.Select(v => v * plan.InitialScale).ToArray();
        var x0 = new double[x.Length];
        foreach (var step in plan.Steps)
        {
            Assert.Equal(0, step.Sigma);
            var m = model(x, step.Timestep!.Value);
            StepArithmetic.PredictX0(step, plan.X0Treatment, x, m, x0, new double[x.Length]);
            StepArithmetic.Advance(step, x, m, x0, default);
        }

        return x;
    }
}
