using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Conformance.Networks;
using DiffusionSharp.Cpu;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>07: guided-diffusion's own samplers with its own network: DDIM from the ε half, DDPM with the learned variance, both with a condition, the reverse ODE.</summary>
public partial class GuidedSamplingGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("07_guided"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Chains_agree(string name, string run)
    {
        var network = GoldenNetwork.Open(name);
        var golden = network.Golden;
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var plan = Plan(golden.Json.GetProperty("diffusion"), json);
        var condition = Condition(json);
        plan = condition is null ? plan : json.GetProperty("kind").GetString() == "p_sample_loop" ? GuidedPlan.Mean(plan) : GuidedPlan.Score(plan);
        using var model = new CpuDenoiser(network.Call.Graph, p => network.Call.Weights[p.Name], new CpuOptions { Threads = 1 });
        IDenoiser denoiser = json.GetProperty("rescale_timesteps").GetBoolean() ? new Rescaled(model, 1000.0 / plan.T) : model;
        var shape = network.Call.Graph.InputShape;
        var count = golden.Shape("x_T")[0];
        var n = count * shape.Elements;
        double[] xs = golden.Doubles($"runs/{run}/samples"), x0s = golden.Doubles($"runs/{run}/pred_xstart");
        var noise = golden.Has($"runs/{run}/noise") ? golden.Floats($"runs/{run}/noise") : [];
        var relative = json.GetProperty("tolerance_final").GetProperty("rel_to_max_abs").GetDouble();

        // What float32 does to the network's output in the reference and here, which x0 has many times over at high noise.
        var rounding = 2 * golden.Json.GetProperty("tolerance").GetProperty("reference_fp32_vs_fp64_max_abs_diff").GetDouble();
        var calls = 0;
        Sampler.Run(denoiser, plan, new SamplerRequest
        {
            Shape = shape,
            Count = count,
            Noise = NoiseSource.Recorded(noise, noise.Length / n, count, shape),
            InitialX = xs[..n],
            Labels = golden.Has("y") ? golden.Ints("y") : null,
            Condition = condition,
            Watch = step =>
            {
                var p = step.Progress;
                Relative.AssertWithin(relative, step.X.ToArray(), xs[(p.Call * n)..((p.Call + 1) * n)], $"x after call {p.Call}");
                Relative.AssertWithin(relative + (rounding * -plan.Steps[p.Step].X0FromM), step.X0.ToArray(), x0s[((p.Call - 1) * n)..(p.Call * n)], $"x0 of call {p.Call}");
                calls = p.Call;
            },
        });
        Assert.Equal(json.GetProperty("timestep_map").GetArrayLength(), calls);
    }

    // A closed form: some number by x.
    private static ConditionGradient? Condition(JsonElement run)
    {
        if (!run.TryGetProperty("cond_fn", out var said))
        {
            return null;
        }

        var factor = double.Parse(ConditionForm().Match(said.GetString()!).Groups[1].Value, CultureInfo.InvariantCulture);
        return (input, gradient) =>
        {
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] = (float)(factor * input.X[i]);
            }
        };
    }

    [GeneratedRegex(@"^cond_fn\(x, t, y\) = (-?[0-9.]+) \* x$")]
    private static partial Regex ConditionForm();

    private static SamplingPlan Plan(JsonElement diffusion, JsonElement run)
    {
        var T = diffusion.GetProperty("steps").GetInt32();
        var schedule = diffusion.GetProperty("noise_schedule").GetString() switch
        {
            "linear" => NoiseSchedule.LinearScaledT(T),
            "cosine" => NoiseSchedule.Cosine(T),
            var other => throw new NotSupportedException(other),
        };
        int[] ascending = [.. run.GetProperty("timestep_map").EnumerateArray().Select(t => t.GetInt32())];
        var args = run.GetProperty("args");
        var kind = run.GetProperty("kind").GetString()!;
        if (kind.StartsWith("ddim_reverse_sample", StringComparison.Ordinal))
        {
            // It takes the clean image for x at the first timestep, and ends at ᾱ = 0.
            return new SamplingPlan(run.ToString(), schedule.T, PredictionType.Epsilon, X0Treatment.None, [.. ascending.Select((t, i) =>
            {
                double from = schedule.AlphaBar(t), to = i + 1 < ascending.Length ? schedule.AlphaBar(ascending[i + 1]) : 0;
                return new SamplingStep
                {
                    Timestep = t,
                    AlphaBarFrom = from,
                    AlphaBarTo = to,
                    X0FromX = 1 / Math.Sqrt(from),
                    X0FromM = -Math.Sqrt((1 - from) / from),
                    X0 = Math.Sqrt(to),
                    M = Math.Sqrt(1 - to),
                };
            })]);
        }

        return DdimPlan.Create(schedule, Timesteps.Custom(schedule.T, [.. ascending.Reverse()]), new DdimOptions
        {
            Eta = kind == "p_sample_loop" ? Variance(diffusion) : args.GetProperty("eta").GetDouble(),
            X0Treatment = args.GetProperty("clip_denoised").GetBoolean() ? X0Treatment.Clip() : X0Treatment.None,
        });
    }

    private static Eta Variance(JsonElement diffusion) => diffusion.GetProperty("learn_sigma").GetBoolean() ? Eta.Learned
        : diffusion.TryGetProperty("sigma_small", out var small) && small.GetBoolean() ? 1
        : Eta.Hat;

    /// <summary>A network that is given t·1000/T.</summary>
    private sealed class Rescaled(IDenoiser network, double scale) : IDenoiser
    {
        public int OutputChannels => network.OutputChannels;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            double[] scaled = [.. input.Timesteps.ToArray().Select(t => t * scale)];
            network.Predict(
                new DenoiserInput
                {
                    Count = input.Count,
                    Shape = input.Shape,
                    X = input.X,
                    Timesteps = scaled,
                    Labels = input.Labels,
                    CancellationToken = input.CancellationToken,
                },
                prediction);
        }
    }
}
