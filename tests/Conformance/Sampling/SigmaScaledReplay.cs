using System.Text.Json;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;
using TestKit;

namespace Conformance.Sampling;

/// <summary>Replays runs whose x is in EDM's units, our x divided by √ᾱ: they are compared as √ᾱ times what was recorded.</summary>
internal static class SigmaScaledReplay
{
    /// <summary>A run of a 05_diffusers case: every state, and every x0 where asked.</summary>
    public static void Check(GoldenCase golden, string run, JsonElement json, SamplingPlan plan, bool comparesX0 = true)
    {
        // Their t between two integers were found with σ in float32.
        Assert.Equal(json.GetProperty("model_calls").GetInt32(), plan.NetworkCalls);
        var calls = plan.Steps.Where(s => s.Timestep is not null);
        Assert.All(json.GetProperty("timesteps").EnumerateArray().Zip(calls), p =>
            Assert.Equal(p.First.GetDouble(), p.Second.Timestep!.Value, p.Second.Timestep % 1 == 0 ? 0 : 1e-2));

        var shape = golden.Shape(run + "/samples");
        var samples = golden.Doubles(run + "/samples");
        var noise = golden.Has(run + "/noise") ? golden.Doubles(run + "/noise") : [];
        var (x, x0) = Trajectory(ElementwiseModel.FromCase(golden, shape[2]), plan, shape, samples[..(samples.Length / shape[0])], noise);
        for (var call = 1; call <= x.Length; call++)
        {
            SchedulerReplay.CompareState(samples, call, x[call - 1], json, $"x after call {call}");
            if (comparesX0)
            {
                SchedulerReplay.CompareState(golden.Doubles(run + "/x0"), call - 1, x0[call - 1], json, $"x0 of call {call}");
            }
        }
    }

    /// <summary>x/√ᾱ after every call, and its x0.</summary>
    /// <param name="model">The network.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="states">[states, N, C, H, W]: the shape of a recording.</param>
    /// <param name="start">x_T/√ᾱ_T.</param>
    /// <param name="noise">[draws, N, C, H, W]: one draw for each step that has noise, in their order.</param>
    public static (double[][] X, double[][] X0) Trajectory(IDenoiser model, SamplingPlan plan, int[] states, double[] start, double[] noise)
    {
        var n = start.Length;
        var byStep = new float[plan.Steps.Count * n];
        for (var (k, draw) = (0, 0); k < plan.Steps.Count; k++)
        {
            for (var i = 0; i < n && plan.Steps[k].Sigma != 0; i++)
            {
                byStep[(k * n) + i] = (float)noise[(draw * n) + i];
            }

            draw += plan.Steps[k].Sigma == 0 ? 0 : 1;
        }

        var root = Math.Sqrt(plan.Steps[0].AlphaBarFrom);
        var (x, x0) = SchedulerReplay.Trajectory(model, plan, states, [.. start.Select(v => v * root)], byStep);
        var ends = plan.Steps.Where(s => s.Timestep is not null).Select(s => Math.Sqrt(s.AlphaBarTo));
        return ([.. x.Zip(ends, (state, a) => Array.ConvertAll(state, v => v / a))], x0);
    }
}
