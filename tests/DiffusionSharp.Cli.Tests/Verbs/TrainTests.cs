using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>A run from its beginning to its model, gone on with, and its failures.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly TinyTraining tiny;

    public TrainTests() => tiny = new TinyTraining(scratch);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Run_ends_with_a_model_that_can_be_sampled()
    {
        var result = ddim.Json([.. tiny.Shapes, "--sample-every", "4", "--ema", "0.9,0.99", "--min-snr", "5"]);

        Assert.Equal(6, (int)result["images"]!);
        Assert.Single(Directory.GetFiles(new RunFolder(tiny.Run).Samples), f => f.EndsWith("000000000004.png", StringComparison.Ordinal));
        var card = File.ReadAllText(Path.Combine(tiny.Run, "model", "README.md"));
        Assert.All(["ddim train builtin:shapes", "min-SNR weights with gamma 5", "meant to open in Hugging Face"], words => Assert.Contains(words, card, StringComparison.Ordinal));
        Assert.Equal([ShapesSource.Name, ShapesSource.Name], [ModelSource.Open(tiny.Run).Data, ModelSource.Open(Path.Combine(tiny.Run, "model")).Data]);
        Assert.Equal("training run", (string)ddim.Json("inspect", tiny.Run)["kind"]!);
        Assert.Equal("3×16×16", (string)ddim.Json("inspect", Path.Combine(tiny.Run, "model"))["network"]!["images"]!);
        ddim.Done("sample", "--model", tiny.Run, "--steps", "2", "--count", "2", "--out", scratch["a.png"]);
        ddim.Done("sample", "--model", tiny.Run, "--raw", "--steps", "2", "--count", "2", "--out", scratch["b.png"]);
        ddim.Done("sample", "--model", Path.Combine(tiny.Run, "model"), "--steps", "2", "--count", "2", "--out", scratch["c.png"]);
        Assert.NotEqual(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["b.png"]));
    }

    [Fact]
    public void Same_command_or_only_the_folder_goes_on()
    {
        ddim.Done(tiny.Shapes);
        Assert.Equal(6, tiny.Images());
        ddim.Done(tiny.Shapes);
        Assert.Equal(6, tiny.Images());
        ddim.Done("train", "--out", tiny.Run, "--steps", "5");
        Assert.Equal(10, tiny.Images());
        ddim.Done("train", "builtin:shapes", "--out", tiny.Run, "--channels", "8", "--steps", "6");
        Assert.Equal(12, tiny.Images());
    }

    [Fact]
    public void Without_latest_the_run_goes_on_and_nothing_begins_in_a_folder_that_holds_one()
    {
        ddim.Done(tiny.Shapes);
        File.Delete(Path.Combine(tiny.Run, "latest"));
        var (code, _, error) = ddim.Run("train", "--out", tiny.Run, "--steps", "5");
        Assert.Equal(0, code);
        Assert.Contains($"note: {tiny.Run}/latest is missing: the newest whole checkpoint is taken, 000000000006\n", error, StringComparison.Ordinal);
        Assert.Contains("going on at 6 images", error, StringComparison.Ordinal);
        Assert.Equal(10, tiny.Images());

        Directory.Delete(Path.Combine(tiny.Run, "checkpoints"), recursive: true);
        File.Delete(Path.Combine(tiny.Run, "latest"));
        ddim.Fails(ErrorKind.ModelFile, "no checkpoint to go on from, and a new run would write over it", tiny.Shapes);
        var model = TinyModel.Save(scratch["model"], size: 16);
        ddim.Fails(ErrorKind.ModelFile, "holds a model", ["train", "builtin:shapes", "--out", model, "--size", "16", .. TinyTraining.Network, "--steps", "1"]);
        Assert.DoesNotContain("latest", Directory.GetFiles(model).Select(Path.GetFileName));
    }

    [Fact]
    public void Changed_option_is_refused_unless_allowed()
    {
        ddim.Done(tiny.Shapes);

        var (code, _, error) = ddim.Run("train", "--out", tiny.Run, "--lr", "0.5", "--loss", "l1", "--steps", "4");
        Assert.Equal(ExitCodes.Of(ErrorKind.Configuration), code);
        Assert.Contains("training.learningRate: 0.0002 → 0.5", error, StringComparison.Ordinal);
        Assert.Contains("training.loss", error, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Usage, "--channels: found 0", "train", "--out", tiny.Run, "--channels", "0");
        ddim.Fails(ErrorKind.Configuration, "unet.block_out_channels", "train", "--out", tiny.Run, "--channels", "12");
        ddim.Fails(ErrorKind.Configuration, "batch size", "train", "--out", tiny.Run, "--batch", "2000000", "--accumulate", "2000000");
        ddim.Fails(ErrorKind.Configuration, "the data changed", "train", "--out", tiny.Run, "--seed", "9");
        ddim.Done("train", "--out", tiny.Run, "--lr", "0.001", "--steps", "4", "--allow-changes");
        Assert.Equal(8, tiny.Images());
    }

    // A run's config.json says it, and that of a run from before there was a choice says nothing.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_of_libtorch_goes_on_here_when_asked_to(bool named)
    {
        ddim.Done(tiny.Shapes);
        var config = new RunFolder(tiny.Run).Config;
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["training"]!["engine"] = "torch";
        json["training"]!["bFloat16"] = true;
        if (!named)
        {
            json["training"]!.AsObject().Remove("engine");
        }

        File.WriteAllText(config, json.ToJsonString());
        if (!TorchPart.IsThere)
        {
            ddim.Fails(ErrorKind.Device, "was begun on libtorch, which this build does not have: --engine cpu --allow-changes goes on", "train", "--out", tiny.Run, "--steps", "4");
        }

        ddim.Fails(ErrorKind.Configuration, "training.engine: torch → cpu", "train", "--out", tiny.Run, "--steps", "4", "--engine", "cpu");
        ddim.Done("train", "--out", tiny.Run, "--steps", "4", "--engine", "cpu", "--allow-changes");
        Assert.Equal((8, "cpu", false), (tiny.Images(), RunConfig.Read(config).Training.Engine, RunConfig.Read(config).Training.BFloat16));
        Assert.Contains("training.engine: torch → cpu", File.ReadAllText(new RunFolder(tiny.Run).Metrics), StringComparison.Ordinal);
        ddim.Done("train", "--out", tiny.Run, "--steps", "5");
    }

    [Fact]
    public void Activations_in_16_bits_are_a_setting_of_the_run()
    {
        ddim.Done([.. tiny.Shapes, "--activations", "bfloat16"]);
        ActivationPrecision Saved() => RunConfig.Read(new RunFolder(tiny.Run).Config).Training.Activations;
        Assert.Equal(ActivationPrecision.BFloat16, Saved());
        Assert.Contains("activations in bfloat16", File.ReadAllText(Path.Combine(new RunFolder(tiny.Run).Model, "README.md")), StringComparison.Ordinal);
        ddim.Done("train", "--out", tiny.Run, "--steps", "3");
        ddim.Fails(ErrorKind.Configuration, "training.activations: BFloat16 → Float32", "train", "--out", tiny.Run, "--steps", "4", "--activations", "float32");
        ddim.Done("train", "--out", tiny.Run, "--steps", "4", "--activations", "float32", "--allow-changes");
        Assert.Equal(ActivationPrecision.Float32, Saved());
    }

    [Fact]
    public void Threads_and_micro_batches_change_no_bit()
    {
        ddim.Environment.Remove("DDIM_THREADS");
        string[] command = ["train", "builtin:shapes", "--size", "16", "--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "6", "--steps", "3"];
        ddim.Done([.. command, "--threads", "1", "--out", tiny.Run]);
        ddim.Done([.. command, "--threads", "3", "--micro-batch", "3", "--out", scratch["other"]]);
        ddim.Done("train", "--out", scratch["other"], "--steps", "4", "--threads", "2", "--micro-batch", "4");
        ddim.Done("train", "--out", tiny.Run, "--steps", "4");
        Assert.All([Checkpoint.Weights, Checkpoint.Ema(0.9999), "optimizer.safetensors"], part => Assert.Equal(
            File.ReadAllBytes(Path.Combine(new RunFolder(tiny.Run).Latest()!, part)), File.ReadAllBytes(Path.Combine(new RunFolder(scratch["other"]).Latest()!, part))));
    }

    [TorchFact]
    public void The_engine_is_the_runs_unless_another_is_named()
    {
        ddim.Done([.. tiny.Shapes, "--engine", "torch"]);
        Assert.Equal("torch", RunConfig.Read(new RunFolder(tiny.Run).Config).Training.Engine);
        ddim.Done("train", "--out", tiny.Run, "--steps", "4");
        Assert.Equal("torch", (string)ddim.Json("inspect", tiny.Run)["training"]!["engine"]!);
        ddim.Fails(ErrorKind.Usage, "contradict each other", "train", "--out", tiny.Run, "--engine", "cpu", "--device", "cuda");
        ddim.Fails(ErrorKind.Usage, "--engine", "train", "--out", tiny.Run, "--engine", "jax");
    }

    [Fact]
    public void Dry_run_writes_nothing()
    {
        Assert.Contains("images/s", ddim.Done([.. tiny.Shapes, "--dry-run"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(tiny.Run));
    }

    [Fact]
    public void Accumulation_splits_an_update()
    {
        var found = ddim.Json("train", "builtin:shapes", "--dry-run", "--size", "16", "--channels", "8", "--batch", "3", "--accumulate", "2", "--steps", "7");

        Assert.Equal((6, 3, 42), ((int)found["batch"]!, (int)found["microBatch"]!, (int)found["totalImages"]!));
        ddim.Fails(ErrorKind.Usage, "give one", "train", "builtin:shapes", "--dry-run", "--accumulate", "2", "--micro-batch", "1");
    }

    [Fact]
    public void Each_failure_has_its_code()
    {
        ddim.Fails(ErrorKind.Data, "no such file or folder", "train", scratch["none"], "--out", tiny.Run);
        Directory.CreateDirectory(scratch["empty"]);
        ddim.Fails(ErrorKind.Data, "empty", "train", scratch["empty"], "--out", tiny.Run);
        ddim.Fails(ErrorKind.Configuration, "found, 16 to 256 expected", "train", "builtin:shapes", "--size", "4", "--out", tiny.Run);
        ddim.Fails(ErrorKind.Configuration, "is reached by no level", [.. tiny.Shapes, "--attention", "5"]);
        ddim.Fails(ErrorKind.Configuration, "learning rate 0 must be positive", [.. tiny.Shapes, "--lr", "0"]);
        ddim.Fails(ErrorKind.Device, "libtorch", [.. tiny.Shapes, "--device", "cuda"]);
        ddim.Fails(ErrorKind.Configuration, "its counterpart is activations in bfloat16", [.. tiny.Shapes, "--bf16"]);
        ddim.Fails(ErrorKind.Usage, "--activations: found 'half'; choose among float32, bfloat16", [.. tiny.Shapes, "--activations", "half"]);
        ddim.Fails(ErrorKind.ModelFile, "there is no model folder", "train", "builtin:shapes", "--from", scratch["none"], "--out", tiny.Run);
        ddim.Fails(ErrorKind.Storage, "file", "train", "builtin:shapes", "--out", Path.Combine(scratch.Text("file", ""), "run"), "--size", "16", "--steps", "1");
    }

    [Fact]
    public void Loss_that_is_not_finite_is_code_6_and_the_run_is_whole()
    {
        var (code, _, error) = ddim.Run([.. tiny.Endless, "--lr", "1e30", "--clip-gradient", "0", "--steps", "50"]);

        Assert.Equal(ExitCodes.Of(ErrorKind.NonFinite), code);
        Assert.Contains("last good checkpoint", error, StringComparison.Ordinal);
        ddim.Done("inspect", tiny.Run);
    }

    [Fact]
    public void One_process_trains_in_a_run()
    {
        ddim.Done(tiny.Shapes);
        using var held = RunLock.Acquire(tiny.Run);

        ddim.Fails(ErrorKind.Storage, tiny.Run, "train", "--out", tiny.Run);
    }
}
