using System.Text.Json;
using DiffusionSharp;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling;
using TestKit;

namespace Conformance.Sampling;

/// <summary>Replays a run of a 05_diffusers case with the closed-form model and compares every state and every x0.</summary>
internal static class SchedulerReplay
{
    public static void Check(GoldenCase golden, string run, JsonElement json, SamplingPlan plan, bool x0FollowsX = false)
    {
        Assert.Equal(json.GetProperty("timesteps").EnumerateArray().Select(e => e.GetDouble()), plan.Steps.Select(s => s.Timestep!.Value));
        Assert.Equal(json.GetProperty("model_calls").GetInt32(), plan.NetworkCalls);
        Assert.Equal(json.GetProperty("init_noise_sigma").GetDouble(), plan.InitialScale);

        var dimensions = golden.Shape(run + "/samples");
        var shape = new ImageShape(dimensions[2], dimensions[3], dimensions[4]);
        var n = dimensions[1] * shape.Elements;
        double[] samples = golden.Doubles(run + "/samples"), x0s = golden.Doubles(run + "/x0");
        var draws = json.GetProperty("noise_draws").GetInt32();
        var noise = draws == 0 ? [] : golden.Floats(run + "/noise");
        var relative = json.GetProperty("tolerance_final").GetProperty("rel_to_max_abs").GetDouble();

        var result = Sampler.Run(ElementwiseModel.Sine(shape.Channels), plan, new SamplerRequest
        {
            Shape = shape,
            Count = dimensions[1],
            Noise = NoiseSource.Recorded(noise, draws, dimensions[1], shape),
            InitialX = samples[..n],
            Progress = p =>
            {
                Compare($"x after call {p.Call}", samples.AsSpan(p.Call * n, n), p.X, relative);

                // Where x0 is the model's own value, an error of x that is allowed is one of x0: the model's slope is at most 1.
                var before = x0FollowsX ? Largest(samples.AsSpan((p.Call - 1) * n, n)) : 0;
                Compare($"x0 of call {p.Call}", x0s.AsSpan((p.Call - 1) * n, n), p.X0, relative, before);
            },
        });
        Compare("the result", samples.AsSpan(plan.NetworkCalls * n, n), result.Values, relative);
    }

    private static void Compare(string what, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double relative, double atLeast = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(expected[i] - actual[i]));
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
