using System.Text.Json;
using Conformance.Engines;
using Conformance.Networks;
using DiffusionSharp.Cpu;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using TestKit;

namespace Conformance.Sampling;

/// <summary>08_lucidrains: GaussianDiffusion.ddim_sample with its network, x0 clipped and ε made of it again; images in [0, 1].</summary>
public class LucidrainsSamplingGoldens
{
    private static readonly string[] Objectives = ["pred_noise", "pred_x0", "pred_v"];

    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("08_lucidrains"));

    public static TheoryData<string> Cases => new(GoldenRuns.CasesOf("08_lucidrains"));

    public static TheoryData<string, string> Losses => new(GoldenRuns.CasesOf("08_lucidrains").SelectMany(_ => Objectives, (c, objective) => (c, objective)));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void A_chain_agrees(string name, string run)
    {
        var network = GoldenNetwork.Open(name);
        var golden = network.Golden;
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var shape = golden.Shape($"runs/{run}/images");
        var (start, noise) = ($"runs/{run}/x_T", $"runs/{run}/noise");
        var images = golden.Doubles($"runs/{run}/images");
        var denoiser = network.Call.On(CpuEngine.Default);
        using var disposed = denoiser;
        var (x, _) = SchedulerReplay.Trajectory(denoiser, Plan(json), shape, golden.Doubles(start), golden.Has(noise) ? golden.Floats(noise) : []);
        for (var call = 1; call <= x.Length; call++)
        {
            SchedulerReplay.CompareState(images, call, Array.ConvertAll(x[call - 1], v => (v + 1) / 2), json, $"x after call {call}");
        }
    }

    // The run in the checkpoint's own schedule and objective is sampled as its buffers say.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void The_buffers_tell_schedule_and_objective(string name)
    {
        var model = GoldenModel.All[name];
        var scheduler = model.Open().Scheduler;
        var diffusion = model.Golden.Json.GetProperty("diffusion");
        Assert.Equal(Prediction(diffusion.GetProperty("objective").GetString()!), scheduler.PredictionType);
        Assert.True(scheduler.ClipSample);
        var (expected, actual) = (Schedule(diffusion, Timesteps(diffusion)), scheduler.ToSchedule());
        Assert.Equal(expected.T, actual.T);
        Assert.All(Enumerable.Range(0, expected.T), t => Assert.Equal(1, actual.AlphaBar(t) / expected.AlphaBar(t), 1e-4));
    }

    // p_losses: the mean square of what the objective asks for, times the weight by which the objective is recognised.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Losses))]
    public void The_recorded_losses_have_the_weights_that_tell_the_objective(string name, string objective)
    {
        var network = GoldenNetwork.Open(name);
        var golden = network.Golden;
        var prediction = Prediction(objective);
        var diffusion = golden.Json.GetProperty("diffusion");
        var schedule = Schedule(diffusion, Timesteps(diffusion));
        var process = new DiffusionObjective(schedule, prediction);
        var call = network.Call;
        float[] x0 = golden.Floats("loss/x_start"), noise = golden.Floats("loss/noise"), target = new float[x0.Length];
        var size = x0.Length / call.Count;
        for (var i = 0; i < call.Count; i++)
        {
            var image = (i * size)..((i + 1) * size);
            process.Noise((int)call.Timesteps[i], x0.AsSpan(image), noise.AsSpan(image), call.X.AsSpan(image), target.AsSpan(image));
        }

        var m = call.Reference();
        for (var i = 0; i < call.Count; i++)
        {
            var error = Enumerable.Range(i * size, size).Average(k => (m[k] - target[k]) * (m[k] - target[k]));
            var alphaBar = schedule.AlphaBar((int)call.Timesteps[i]);
            var snr = alphaBar / (1 - alphaBar);
            foreach (var (gamma, rule) in new[] { (double.PositiveInfinity, "minsnr0"), (5, "minsnr1") })
            {
                var weight = Math.Min(snr, gamma) / prediction switch { PredictionType.Epsilon => snr, PredictionType.Sample => 1, _ => snr + 1 };
                Assert.Equal(1, error * weight / golden.Json.GetProperty("p_losses").GetProperty($"{objective}_{rule}")[i].GetDouble(), 1e-3);
            }
        }
    }

    private static PredictionType Prediction(string objective) => objective switch
    {
        "pred_noise" => PredictionType.Epsilon,
        "pred_x0" => PredictionType.Sample,
        "pred_v" => PredictionType.VPrediction,
        var other => throw new NotSupportedException(other),
    };

    // GaussianDiffusion's default is 1000.
    private static int Timesteps(JsonElement diffusion) => diffusion.TryGetProperty("timesteps", out var T) ? T.GetInt32() : 1000;

    private static NoiseSchedule Schedule(JsonElement json, int T) => json.GetProperty("beta_schedule").GetString() switch
    {
        "sigmoid" => NoiseSchedule.SigmoidLucidrains(T),
        "cosine" => NoiseSchedule.Cosine(T),
        "linear" => NoiseSchedule.LinearScaledT(T),
        var other => throw new NotSupportedException(other),
    };

    private static SamplingPlan Plan(JsonElement run)
    {
        int[] times = [.. run.GetProperty("times").EnumerateArray().Select(t => t.GetInt32())];
        Assert.Equal(-1, times[^1]);

        // Theirs always begin at T-1.
        var schedule = Schedule(run, times[0] + 1);
        return DdimPlan.Create(schedule, DiffusionSharp.Schedules.Timesteps.Custom(schedule.T, times.AsSpan(..^1)), new DdimOptions
        {
            Eta = run.GetProperty("eta").GetDouble(),
            X0Treatment = X0Treatment.Clip(),
            PredictionType = Prediction(run.GetProperty("objective").GetString()!),
        });
    }
}
