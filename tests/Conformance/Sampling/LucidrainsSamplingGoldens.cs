using System.Text.Json;
using Conformance.Engines;
using Conformance.Networks;
using DiffusionSharp.Cpu;
using DiffusionSharp.Sampling;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using TestKit;

namespace Conformance.Sampling;

/// <summary>08_lucidrains: GaussianDiffusion.ddim_sample with its network, x0 clipped and ε made of it again; images in [0, 1].</summary>
public class LucidrainsSamplingGoldens
{
    private const string Case = "08_lucidrains_dim8_m12";

    public static TheoryData<string> Runs => new(GoldenRuns.Of("08_lucidrains_dim8_m12"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void A_chain_agrees(string run)
    {
        var network = GoldenNetwork.Open(Case);
        var golden = network.Golden;
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var shape = golden.Shape($"runs/{run}/images");
        var (start, noise) = ($"runs/{run}/x_T", $"runs/{run}/noise");
        var images = golden.Doubles($"runs/{run}/images");
        var denoiser = network.Call.On(CpuEngine.Default);
        using var disposed = denoiser as IDisposable;
        var (x, _) = SchedulerReplay.Trajectory(denoiser, Plan(json), shape, golden.Doubles(start), golden.Has(noise) ? golden.Floats(noise) : []);
        for (var call = 1; call <= x.Length; call++)
        {
            SchedulerReplay.CompareState(images, call, Array.ConvertAll(x[call - 1], v => (v + 1) / 2), json, $"x after call {call}");
        }
    }

    // The run in the checkpoint's own schedule and objective is sampled as its buffers say.
    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_buffers_tell_schedule_and_objective()
    {
        var scheduler = GoldenModel.All[Case].Open().Scheduler;
        Assert.Equal(PredictionType.VPrediction, scheduler.PredictionType);
        Assert.True(scheduler.ClipSample);
        var (expected, actual) = (NoiseSchedule.SigmoidLucidrains(), scheduler.ToSchedule());
        Assert.All(Enumerable.Range(0, 1000), t => Assert.Equal(1, actual.AlphaBar(t) / expected.AlphaBar(t), 1e-4));
    }

    // p_losses: the mean square of what the objective asks for, times the weight by which the objective is recognised.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("pred_noise")]
    [InlineData("pred_x0")]
    [InlineData("pred_v")]
    public void The_recorded_losses_have_the_weights_that_tell_the_objective(string objective)
    {
        var network = GoldenNetwork.Open(Case);
        var golden = network.Golden;
        var prediction = Prediction(objective);
        var process = new DiffusionObjective(NoiseSchedule.SigmoidLucidrains(), prediction);
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
            var alphaBar = NoiseSchedule.SigmoidLucidrains().AlphaBar((int)call.Timesteps[i]);
            var snr = alphaBar / (1 - alphaBar);
            foreach (var (gamma, name) in new[] { (double.PositiveInfinity, "minsnr0"), (5, "minsnr1") })
            {
                var weight = Math.Min(snr, gamma) / prediction switch { PredictionType.Epsilon => snr, PredictionType.Sample => 1, _ => snr + 1 };
                Assert.Equal(1, error * weight / golden.Json.GetProperty("p_losses").GetProperty($"{objective}_{name}")[i].GetDouble(), 1e-3);
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

    private static SamplingPlan Plan(JsonElement run)
    {
        int[] times = [.. run.GetProperty("times").EnumerateArray().Select(t => t.GetInt32())];
        Assert.Equal(-1, times[^1]);
        var schedule = run.GetProperty("beta_schedule").GetString() switch
        {
            "sigmoid" => NoiseSchedule.SigmoidLucidrains(),
            "cosine" => NoiseSchedule.Cosine(),
            "linear" => NoiseSchedule.LinearScaledT(),
            var other => throw new NotSupportedException(other),
        };
        return DdimPlan.Create(schedule, Timesteps.Custom(1000, times.AsSpan(..^1)), new DdimOptions
        {
            Eta = run.GetProperty("eta").GetDouble(),
            X0Treatment = X0Treatment.Clip(),
            PredictionType = Prediction(run.GetProperty("objective").GetString()!),
        });
    }
}
