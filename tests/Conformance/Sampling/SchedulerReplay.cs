using System.Text.Json;
using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using TestKit;

namespace Conformance.Sampling;

/// <summary>Replays recorded runs of other people's samplers on closed-form models and compares every state.</summary>
internal static class SchedulerReplay
{
    /// <summary>A run of a 05_diffusers case: every state, and every x0 where they were recorded.</summary>
    public static void Check(GoldenCase golden, string run, JsonElement json, SamplingPlan plan, bool x0FollowsX = false)
    {
        Assert.Equal(json.GetProperty("timesteps").EnumerateArray().Select(e => e.GetDouble()), plan.Steps.Select(s => s.Timestep!.Value));
        Assert.Equal(json.GetProperty("model_calls").GetInt32(), plan.NetworkCalls);
        Assert.Equal(json.GetProperty("init_noise_sigma").GetDouble(), plan.InitialScale);

        var shape = golden.Shape(run + "/samples");
        var samples = golden.Doubles(run + "/samples");
        var n = samples.Length / shape[0];
        var noise = golden.Has(run + "/noise") ? golden.Floats(run + "/noise") : [];
        Assert.Equal(json.GetProperty("noise_draws").GetInt32(), noise.Length / n);
        Assert.Equal(shape[0], plan.NetworkCalls + 1);
        var (x, x0) = Trajectory(ElementwiseModel.FromCase(golden, shape[2]), plan, shape, samples[..n], noise);
        for (var call = 1; call <= x.Length; call++)
        {
            CompareState(samples, call, x[call - 1], json, $"x after call {call}");
            if (golden.Has(run + "/x0"))
            {
                // Where x0 is the model's own value, an error of x that is allowed is one of x0: the model's slope is at most 1.
                var before = x0FollowsX ? Largest(samples.AsSpan((call - 1) * n, n)) : 0;
                CompareState(golden.Doubles(run + "/x0"), call - 1, x0[call - 1], json, $"x0 of call {call}", before);
            }
        }
    }

    /// <summary>x and x0 after every step.</summary>
    /// <param name="model">The network.</param>
    /// <param name="plan">A plan all of whose steps call it.</param>
    /// <param name="states">[states, N, C, H, W]: the shape of a recording.</param>
    /// <param name="start">x_T.</param>
    /// <param name="noise">[draws, N, C, H, W], one draw a step.</param>
    public static (double[][] X, double[][] X0) Trajectory(IDenoiser model, SamplingPlan plan, int[] states, double[] start, float[] noise)
    {
        var shape = new ImageShape(states[2], states[3], states[4]);
        var x = new List<double[]>();
        var x0 = new List<double[]>();
        var result = Sampler.Run(model, plan, new SamplerRequest
        {
            Shape = shape,
            Count = states[1],
            Noise = NoiseSource.Recorded(noise, noise.Length / start.Length, states[1], shape),
            InitialX = start,
            Watch = step =>
            {
                x.Add(step.X.ToArray());
                x0.Add(step.X0.ToArray());
            },
        });
        Assert.Equal(plan.NetworkCalls, x.Count);
        Assert.Equal(x[^1], result.Values);
        return ([.. x], [.. x0]);
    }

    /// <summary>Compares with entry i of a recording, by the run's tolerance relative to the entry's own largest value.</summary>
    public static void CompareState(double[] recorded, int i, double[] actual, JsonElement json, string what, double atLeast = 0)
    {
        var relative = json.GetProperty("tolerance_final").GetProperty("rel_to_max_abs").GetDouble();
        var expected = recorded.AsSpan(i * actual.Length, actual.Length);
        var worst = 0.0;
        for (var j = 0; j < expected.Length; j++)
        {
            worst = Math.Max(worst, Math.Abs(expected[j] - actual[j]));
        }

        var largest = Math.Max(atLeast, Largest(expected));
        Assert.True(worst <= relative * largest, $"{what}: off by {worst:G3}, allowed {relative:G3} of {largest:G3} = {relative * largest:G3}");
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }
}
