using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tests.Sampling;

/// <summary>Carries out a plan with a float64 network and no noise, as plainly as the step is defined: the plan's arithmetic without float32.</summary>
internal static class PlanInDoubles
{
    public static double[] Run(SamplingPlan plan, double[] xT, Func<double, double, double> model) =>
        Run(plan, xT, (double[] x, double t) => Array.ConvertAll(x, v => model(v, t)));

    public static double[] Run(SamplingPlan plan, double[] xT, Func<double[], double, double[]> model)
    {
        var x = xT.Select(v => v * plan.InitialScale).ToArray();
        var saved = new double[x.Length];
        var history = new List<double[]>();
        foreach (var step in plan.Steps)
        {
            Assert.Equal(0, step.Sigma);
            saved = step.Saves ? [.. x] : saved;
            for (var (call, distance) = (0, double.PositiveInfinity); call < (plan.FixedPoint?.MostCalls ?? 1) && distance > (plan.FixedPoint?.Tolerance ?? 0); call++)
            {
                var m = step.Timestep is { } t ? model(x, t) : new double[x.Length];
                var x0 = new double[x.Length];
                StepArithmetic.PredictX0(step, plan.X0Treatment, x, m, x0, new double[x.Length]);
                double[] next = [.. x.Select((v, i) => (step.X * v) + (step.M * m[i]) + (step.X0 * x0[i]) + (step.Saved * saved[i])
                    + (step.History ?? []).Select((h, k) => h * history[^(k + 1)][i]).Sum())];
                if (step.Keeps)
                {
                    history.Add([.. x.Select((v, i) => (step.KeptX * v) + (step.KeptM * m[i]) + (step.KeptX0 * x0[i]))]);
                }

                distance = Math.Sqrt(next.Zip(x, (a, b) => (a - b) * (a - b)).Average());
                x = next;
            }
        }

        return x;
    }
}
