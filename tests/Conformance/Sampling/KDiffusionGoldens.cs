using System.Text.Json;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>11_k_diffusion: Karras' σ, no noise schedule; k-diffusion's x is ours divided by √ᾱ = 1/√(1+σ²).</summary>
public class KDiffusionGoldens
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("11_k_diffusion"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var sigmas = golden.Doubles("sigmas");
        var eta = json.GetProperty("args").TryGetProperty("eta", out var e) ? e.GetDouble() : 1; // their default
        var options = new DpmSolverOptions { PredictionType = PredictionType.Sample, LowersFinalOrder = false };
        var plan = run switch
        {
            "dpmpp_2m" => DpmSolverPlan.Create(Levels(sigmas), options),
            "dpmpp_2m_sde" => DpmSolverPlan.Create(Levels(sigmas), options with { Eta = eta }),
            "dpmpp_3m_sde" => DpmSolverPlan.Create(Levels(sigmas), options with { Order = 3, Heun = true, Eta = eta }),
            "euler" => EdmPlan.Euler(Levels(sigmas), options),
            "euler_ancestral" => DdimPlan.Create(Levels(sigmas), new DdimOptions { Eta = eta, PredictionType = options.PredictionType }),
            "euler_churn" => EdmPlan.Euler(Levels(sigmas), options, ReadChurn(json.GetProperty("args"))),
            "heun" => EdmPlan.Heun(Levels(sigmas), options),
            "dpmpp_sde" => DpmSolverSinglestepPlan.Create(Levels(WithMiddles(sigmas)), options with { Eta = 1 }),
            _ => throw new NotSupportedException(run),
        };
        var shape = golden.Shape(run + "/samples");
        var states = golden.Doubles(run + "/samples");
        var noise = golden.Has(run + "/noise") ? golden.Floats(run + "/noise") : [];
        if (run == "euler_churn")
        {
            // They draw noise at every level, also where none is added.
            var draws = plan.Steps.Select(s => Math.Max(0, Array.FindIndex(sigmas, v => AlphaBar(v) == s.AlphaBarFrom)));
            noise = [.. draws.SelectMany(i => noise.Skip(i * noise.Length / (sigmas.Length - 1)).Take(noise.Length / (sigmas.Length - 1)))];
        }

        double[] start = [.. golden.Doubles("x_T").Select(x => x * Math.Sqrt(plan.Steps[0].AlphaBarFrom))];
        Assert.Equal(states.Length / shape[0], start.Length);
        var (x, _) = SchedulerReplay.Trajectory(new Denoised(shape[2], plan), plan, shape, start, noise);

        // One state for each of their σ, where we end a step.
        for (var i = 1; i < sigmas.Length; i++)
        {
            var k = plan.Steps.ToList().FindLastIndex(s => s.AlphaBarTo == AlphaBar(sigmas[i]));
            var state = x[plan.Steps.Take(k).Count(s => s.Timestep is not null)];
            if (k + 1 < plan.Steps.Count && plan.Steps[k + 1] is { Timestep: null } raised)
            {
                // Where they add noise, they record x after that.
                k++;
                state = [.. state.Select((v, j) => (raised.X * v) + (raised.Sigma * noise[(k * state.Length) + j]))];
            }

            var scaled = state.Select(v => v / Math.Sqrt(plan.Steps[k].AlphaBarTo)).ToArray();
            SchedulerReplay.CompareState(states, i, scaled, json, $"x at sigma {sigmas[i]}");
        }
    }

    private static double AlphaBar(double sigma) => 1 / (1 + (sigma * sigma));

    // The t are names of the levels; they are those of a schedule that knows more levels, for churn.
    private static NoiseLevels Levels(double[] sigmas) => NoiseLevels.Custom(
        Linear.T, AlphaBar(sigmas[^1]), [.. sigmas[..^1].Select(s => new NoiseLevel(Linear.LevelAt(-Math.Log(s)).Timestep, AlphaBar(s)))]);

    private static Churn ReadChurn(JsonElement arguments) => new(
        Linear,
        arguments.GetProperty("s_churn").GetDouble(),
        arguments.GetProperty("s_tmin").GetDouble(),
        arguments.GetProperty("s_tmax").GetDouble(),
        arguments.GetProperty("s_noise").GetDouble());

    // The middle, in λ, of each step but the one into σ = 0.
    private static double[] WithMiddles(double[] sigmas) =>
        [.. sigmas.SelectMany((s, i) => i + 2 < sigmas.Length ? (double[])[s, Math.Sqrt(s * sigmas[i + 1])] : [s])];

    // denoised(x̂, σ) = 0.9·x̂/(1+σ²) + 0.1·sin(3·x̂/√(1+σ²)).
    private sealed class Denoised(int channels, SamplingPlan plan) : IDenoiser
    {
        public int OutputChannels => channels;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            var t = input.Timesteps[0];
            var a = Math.Sqrt(plan.Steps.First(s => s.Timestep == t).AlphaBarFrom);
            for (var i = 0; i < input.X.Length; i++)
            {
                prediction[i] = (float)((0.9 * a * input.X[i]) + (0.1 * Math.Sin(3 * input.X[i])));
            }
        }
    }
}
