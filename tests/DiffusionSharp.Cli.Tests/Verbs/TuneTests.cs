using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cpu;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tuning;
using TestKit;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class TuneTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public TuneTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void What_is_found_is_kept_and_sampled()
    {
        var json = ddim.Json("tune", "--model", model, "--steps", "3,2", "--count", "3", "--batch", "2", "--reference", "20");

        Assert.Equal((20, 2, 1), ((int)json["reference"]!, (int)json["tuningLatents"]!, (int)json["checkingLatents"]!));
        Assert.Equal(["2 tuned", "2 uniform", "2 quadratic", "3 tuned", "3 uniform", "3 quadratic"], json["rows"]!.AsArray().Select(row => $"{row!["steps"]} {row["rule"]}"));
        Assert.Equal(TimestepTuner.NetworkCalls(100, 3, 2, 2, 20) + (3 * 5), (int)json["callsMade"]!);
        var tau = Tau(json["rows"]![3]!);
        using (var loaded = DiffusionModel.Load(model, CpuEngine.Default))
        {
            var tuner = TimestepTuner.Measure(loaded, new SampleOptions { Seeds = [0, 1, 2], BatchSize = 2 }, 2, 20);
            Assert.Equal(tuner.Find(3), tau);
            Assert.Equal(tuner.MeasuredError(tau), (double)json["rows"]![3]!["mse"]!, 1e-9);
            Assert.Equal(tuner.MeasuredError(Timesteps.Uniform(100, 3)), (double)json["rows"]![4]!["mse"]!, 1e-9);
        }

        Assert.Equal(tau, TunedTimestepsJson.Read((string)json["out"]!, 100)[3]);
        Assert.Equal(3, (int)ddim.Json("sample", "--model", model, "--timesteps", "tuned", "--steps", "3", "--count", "1", "--dump", scratch["tuned.npy"])["networkCalls"]!);
        ddim.Done("sample", "--model", model, "--timesteps", string.Join(',', tau), "--count", "1", "--dump", scratch["listed.npy"]);
        Assert.Equal(NpyFile.ReadFloat32(scratch["listed.npy"]).Data, NpyFile.ReadFloat32(scratch["tuned.npy"]).Data);
        Assert.Equal(3, ddim.Done("plan", "--model", model, "--timesteps", "tuned", "--steps", "3", "--csv").TrimEnd('\n').Split('\n').Length - 1);
    }

    [Fact]
    public void The_table_says_what_to_type_next()
    {
        var text = ddim.Done("tune", "--model", model, "--steps", "4", "--count", "2", "--reference", "10");

        Assert.Contains("1 latents against 10 steps, tuned on 1 others", text, StringComparison.Ordinal);
        Assert.Contains("   4  quadratic", text, StringComparison.Ordinal);
        Assert.Contains(" --timesteps tuned --steps 4", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_tuning_shows_how_far_it_is()
    {
        var (code, _, error) = new Ddim { Clock = new SteppingClock() }.Run("tune", "--model", model, "--count", "2", "--steps", "1", "--reference", "5");

        Assert.Equal(0, code);
        Assert.Contains("ETA", error, StringComparison.Ordinal);
        Assert.Contains("100.0 %", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_explained()
    {
        ddim.Fails(ErrorKind.Usage, "steps from 1 to 100", "tune", "--model", model, "--steps", "101");
        ddim.Fails(ErrorKind.Usage, "steps from 1 to 20", "tune", "--model", model, "--steps", "5,21", "--reference", "20");
        ddim.Fails(ErrorKind.Usage, "at least 2 latents", "tune", "--model", model, "--count", "1");
        ddim.Fails(ErrorKind.Usage, $"the model {model} has no timesteps tuned for 7 steps (it has them for none); TimestepTuner and ddim tune find them", "sample", "--model", model, "--timesteps", "tuned", "--steps", "7", "--out", scratch["a.png"]);
        ddim.Fails(ErrorKind.Usage, "leave out --spacing", "sample", "--model", model, "--timesteps", "tuned", "--spacing", "trailing");
        ddim.Fails(ErrorKind.Configuration, "belong to a model", "plan", "--timesteps", "tuned");
        Directory.CreateDirectory(scratch["model/scheduler"]);
        var kept = scratch.Text("model/scheduler/tuned_timesteps.json", "{");
        ddim.Fails(ErrorKind.ModelFile, "tuned_timesteps.json", "tune", "--model", model, "--steps", "2");
        Assert.Equal("{", File.ReadAllText(kept));
    }

    // What docs/tuning.md says, on a few latents that the lists were not tuned on.
    [Fact]
    public void The_bundled_models_lists_end_nearer_than_the_papers_rules()
    {
        var bundled = Path.Combine(Shared.Repository, "models", "shapes-32");
        var wanted = Sampled("--steps", "50");
        foreach (var steps in new[] { "5", "10" })
        {
            var tuned = Error("--timesteps", "tuned", "--steps", steps);
            Assert.InRange(tuned, 0, 0.9 * Error("--steps", steps));
            Assert.InRange(tuned, 0, 0.9 * Error("--steps", steps, "--spacing", "quadratic"));
        }

        double Error(params string[] words) => ImageError.MeanSquared(Sampled(words), wanted);

        double[] Sampled(params string[] words)
        {
            ddim.Done(["sample", "--model", bundled, "--seed", "2000", "--count", "4", "--dump", scratch["x.npy"], .. words]);
            return NpyFile.ReadFloat64(scratch["x.npy"]).Values;
        }
    }

    private static Timesteps Tau(JsonNode row) => Timesteps.Custom(100, [.. row["timesteps"]!.AsArray().Select(t => (int)t!)]);
}
