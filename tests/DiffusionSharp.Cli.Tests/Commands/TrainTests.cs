using System.Diagnostics;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cpu;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Commands;

public sealed class TrainTests : IDisposable
{
    private static readonly string[] Tiny = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2"];
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    private string Run => scratch["run"];

    private string[] Endless => ["train", "builtin:shapes", "--out", Run, "--size", "16", .. Tiny];

    private string[] Shapes => [.. Endless, "--steps", "3"];

    [Fact]
    public void RunEndsWithAModelThatCanBeSampled()
    {
        var result = ddim.Json([.. Shapes, "--sample-every", "4", "--ema", "0.9,0.99", "--min-snr", "5"]);

        Assert.Equal(6, (int)result["images"]!);
        Assert.Single(Directory.GetFiles(new RunFolder(Run).Samples), f => f.EndsWith("000000000004.png", StringComparison.Ordinal));
        var card = File.ReadAllText(Path.Combine(Run, "model", "README.md"));
        Assert.All(["ddim train builtin:shapes", "min-SNR weights with gamma 5", "meant to open in Hugging Face"], words => Assert.Contains(words, card, StringComparison.Ordinal));
        Assert.Equal([ShapesSource.Name, ShapesSource.Name], [ModelSource.Open(Run).Data, ModelSource.Open(Path.Combine(Run, "model")).Data]);
        Assert.Equal("training run", (string)ddim.Json("inspect", Run)["kind"]!);
        Assert.Equal("3×16×16", (string)ddim.Json("inspect", Path.Combine(Run, "model"))["network"]!["images"]!);
        ddim.Done("sample", "--model", Run, "--steps", "2", "--count", "2", "--out", scratch["a.png"]);
        ddim.Done("sample", "--model", Run, "--raw", "--steps", "2", "--count", "2", "--out", scratch["b.png"]);
        ddim.Done("sample", "--model", Path.Combine(Run, "model"), "--steps", "2", "--count", "2", "--out", scratch["c.png"]);
        Assert.NotEqual(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["b.png"]));
    }

    [Fact]
    public void EdmsObjectiveMakesAModelThatIsSampledAndFineTuned()
    {
        ddim.Done([.. Shapes, "--edm", "--sigma-data", "0.6", "--p-mean", "-1", "--sample-every", "4"]);
        ddim.Done("train", "--out", Run, "--steps", "4");
        var model = Path.Combine(Run, "model");
        var training = RunConfig.Read(new RunFolder(Run).Config).Training;
        Assert.Equal((-1, 1.2), (training.SigmaLogMean, training.SigmaLogDeviation));
        Assert.Equal(0.6, (double)ddim.Json("inspect", model)["schedule"]!["sigmaData"]!);
        Assert.Contains("EDM", File.ReadAllText(Path.Combine(model, "README.md")), StringComparison.Ordinal);
        foreach (var solver in (string[])["ddim", "heun", "dpm++2m"])
        {
            ddim.Done("sample", "--model", model, "--solver", solver, "--steps", "3", "--count", "1", "--out", scratch["a.png"]);
        }

        ddim.Done("train", "builtin:shapes", "--from", model, "--steps", "1", "--batch", "2", "--out", scratch["other"]);
        Assert.Equal(0.6, RunConfig.Read(new RunFolder(scratch["other"]).Config).Scheduler.Edm!.SigmaData);
        ddim.Fails(ErrorKind.Configuration, "export the network alone", "export", "--model", model, "--sampler", "--out", scratch["a.onnx"]);
        ddim.Fails(ErrorKind.Usage, "--beta-end does not go with --edm", [.. Shapes[..2], "--out", scratch["x"], "--edm", "--beta-end", "0.1"]);
        ddim.Fails(ErrorKind.Usage, "give --edm, too", [.. Shapes[..2], "--out", scratch["x"], "--p-std", "1"]);
        ddim.Fails(ErrorKind.Usage, "--edm does not go with --from", "train", "builtin:shapes", "--from", model, "--edm", "--out", scratch["x"]);
        ddim.Fails(ErrorKind.Configuration, "leave out timestep sampling", [.. Endless[..3], scratch["x"], .. Endless[4..], "--steps", "1", "--edm", "--min-snr", "5"]);
    }

    [Fact]
    public void StoredAveragesMakeModelsOfOtherLengths()
    {
        ddim.Done([.. Shapes, "--posthoc-ema", "0.05,0.1", "--snapshot-every", "2"]);
        var report = ddim.Json("convert", Run, scratch["longer"], "--posthoc-ema", "0.15");
        Assert.Equal((6, 6), ((int)report["images"]!, (int)report["stored"]!));
        Assert.Contains("sigma_rel 0.15", File.ReadAllText(Path.Combine(scratch["longer"], "README.md")), StringComparison.Ordinal);
        ddim.Done("sample", "--model", scratch["longer"], "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        ddim.Fails(ErrorKind.Usage, "--half does not go with", "convert", Run, scratch["x"], "--posthoc-ema", "0.15", "--half");
        ddim.Fails(ErrorKind.Usage, "is no training run", "convert", Path.Combine(Run, "model"), scratch["x"], "--posthoc-ema", "0.15");
        ddim.Fails(ErrorKind.Usage, "0.001 to 0.25", "convert", Run, scratch["x"], "--posthoc-ema", "0.3");
        ddim.Done([.. Shapes[..3], scratch["plain"], .. Shapes[4..]]);
        ddim.Fails(ErrorKind.ModelFile, "stored no averages", "convert", scratch["plain"], scratch["x"], "--posthoc-ema", "0.1");
    }

    [Fact]
    public void AugmentationLeavesNoTraceInTheModelAndGoesWithFineTuning()
    {
        ddim.Done([.. Shapes, "--augment", "12%"]);
        ddim.Done("train", "--out", Run, "--steps", "4");
        Assert.Equal(0.12, RunConfig.Read(new RunFolder(Run).Config).Training.Augment);
        ddim.Done("sample", "--model", Run, "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        ddim.Done("sample", "--model", Path.Combine(Run, "model"), "--steps", "2", "--count", "1", "--out", scratch["b.png"]);
        ddim.Done("train", "builtin:shapes", "--from", Path.Combine(Run, "model"), "--augment", "0.2", "--steps", "1", "--batch", "2", "--out", scratch["other"]);
        ddim.Fails(ErrorKind.Configuration, "leave it out", [.. Endless[..3], scratch["x"], .. Endless[4..], "--steps", "1", "--augment", "0.1", "--logit"]);
    }

    [Fact]
    public void SameCommandOrOnlyTheFolderGoesOn()
    {
        ddim.Done(Shapes);
        Assert.Equal(6, Images());
        ddim.Done(Shapes);
        Assert.Equal(6, Images());
        ddim.Done("train", "--out", Run, "--steps", "5");
        Assert.Equal(10, Images());
        ddim.Done("train", "builtin:shapes", "--out", Run, "--channels", "8", "--steps", "6");
        Assert.Equal(12, Images());
    }

    [Fact]
    public void WithoutLatestTheRunGoesOnAndNothingBeginsInAFolderThatHoldsOne()
    {
        ddim.Done(Shapes);
        File.Delete(Path.Combine(Run, "latest"));
        var (code, _, error) = ddim.Run("train", "--out", Run, "--steps", "5");
        Assert.Equal(0, code);
        Assert.Contains($"note: {Run}/latest is missing: the newest whole checkpoint is taken, 000000000006\n", error, StringComparison.Ordinal);
        Assert.Contains("going on at 6 images", error, StringComparison.Ordinal);
        Assert.Equal(10, Images());

        Directory.Delete(Path.Combine(Run, "checkpoints"), recursive: true);
        File.Delete(Path.Combine(Run, "latest"));
        ddim.Fails(ErrorKind.ModelFile, "no checkpoint to go on from, and a new run would write over it", Shapes);
        var model = TinyModel.Save(scratch["model"], size: 16);
        ddim.Fails(ErrorKind.ModelFile, "holds a model", ["train", "builtin:shapes", "--out", model, "--size", "16", .. Tiny, "--steps", "1"]);
        Assert.DoesNotContain("latest", Directory.GetFiles(model).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("photos")]
    [InlineData("photos/runs/first")]
    [InlineData("link/run")]
    public void ARunInItsOwnDataIsRefusedAtTheStart(string folder)
    {
        SavePictures(2);
        Directory.CreateSymbolicLink(scratch["link"], scratch["photos"]);
        ddim.Fails(ErrorKind.Usage, "lies in its own data", ["train", scratch["photos"], "--out", scratch[folder], "--size", "8", .. Tiny, "--steps", "1"]);
        Assert.Equal(2, Directory.GetFileSystemEntries(scratch["photos"]).Length);
    }

    [Fact]
    public void ChangedOptionIsRefusedUnlessAllowed()
    {
        ddim.Done(Shapes);

        var (code, _, error) = ddim.Run("train", "--out", Run, "--lr", "0.5", "--loss", "l1", "--steps", "4");
        Assert.Equal((int)ErrorKind.Configuration, code);
        Assert.Contains("training.learningRate: 0.0002 → 0.5", error, StringComparison.Ordinal);
        Assert.Contains("training.loss", error, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Usage, "--channels: found 0", "train", "--out", Run, "--channels", "0");
        ddim.Fails(ErrorKind.Configuration, "unet.block_out_channels", "train", "--out", Run, "--channels", "12");
        ddim.Fails(ErrorKind.Configuration, "batch size", "train", "--out", Run, "--batch", "2000000", "--accumulate", "2000000");
        ddim.Fails(ErrorKind.Configuration, "the data changed", "train", "--out", Run, "--seed", "9");
        ddim.Done("train", "--out", Run, "--lr", "0.001", "--steps", "4", "--allow-changes");
        Assert.Equal(8, Images());
    }

    // A run's config.json says it, and that of a run from before there was a choice says nothing.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARunOfLibtorchGoesOnHereWhenAskedTo(bool named)
    {
        ddim.Done(Shapes);
        var config = new RunFolder(Run).Config;
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
            ddim.Fails(ErrorKind.Device, "was begun on libtorch, which this build does not have: --engine cpu --allow-changes goes on", "train", "--out", Run, "--steps", "4");
        }

        ddim.Fails(ErrorKind.Configuration, "training.engine: torch → cpu", "train", "--out", Run, "--steps", "4", "--engine", "cpu");
        ddim.Done("train", "--out", Run, "--steps", "4", "--engine", "cpu", "--allow-changes");
        Assert.Equal((8, "cpu", false), (Images(), RunConfig.Read(config).Training.Engine, RunConfig.Read(config).Training.BFloat16));
        Assert.Contains("training.engine: torch → cpu", File.ReadAllText(new RunFolder(Run).Metrics), StringComparison.Ordinal);
        ddim.Done("train", "--out", Run, "--steps", "5");
    }

    [Fact]
    public void ActivationsIn16BitsAreASettingOfTheRun()
    {
        ddim.Done([.. Shapes, "--activations", "bfloat16"]);
        ActivationPrecision Saved() => RunConfig.Read(new RunFolder(Run).Config).Training.Activations;
        Assert.Equal(ActivationPrecision.BFloat16, Saved());
        Assert.Contains("activations in bfloat16", File.ReadAllText(Path.Combine(new RunFolder(Run).Model, "README.md")), StringComparison.Ordinal);
        ddim.Done("train", "--out", Run, "--steps", "3");
        ddim.Fails(ErrorKind.Configuration, "training.activations: BFloat16 → Float32", "train", "--out", Run, "--steps", "4", "--activations", "float32");
        ddim.Done("train", "--out", Run, "--steps", "4", "--activations", "float32", "--allow-changes");
        Assert.Equal(ActivationPrecision.Float32, Saved());
    }

    [Fact]
    public void ThreadsAndPartsChangeNoBit()
    {
        ddim.Environment.Remove("DDIM_THREADS");
        string[] command = ["train", "builtin:shapes", "--size", "16", "--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "6", "--steps", "3"];
        ddim.Done([.. command, "--threads", "1", "--out", Run]);
        ddim.Done([.. command, "--threads", "3", "--micro-batch", "3", "--out", scratch["other"]]);
        ddim.Done("train", "--out", scratch["other"], "--steps", "4", "--threads", "2", "--micro-batch", "4");
        ddim.Done("train", "--out", Run, "--steps", "4");
        Assert.All([Checkpoint.Weights, Checkpoint.Ema(0.9999), "optimizer.safetensors"], part => Assert.Equal(
            File.ReadAllBytes(Path.Combine(new RunFolder(Run).Latest()!, part)), File.ReadAllBytes(Path.Combine(new RunFolder(scratch["other"]).Latest()!, part))));
    }

    [TorchFact]
    public void TheEngineIsTheRunsUnlessAnotherIsNamed()
    {
        ddim.Done([.. Shapes, "--engine", "torch"]);
        Assert.Equal("torch", RunConfig.Read(new RunFolder(Run).Config).Training.Engine);
        ddim.Done("train", "--out", Run, "--steps", "4");
        Assert.Equal("torch", (string)ddim.Json("inspect", Run)["training"]!["engine"]!);
        ddim.Fails(ErrorKind.Usage, "contradict each other", "train", "--out", Run, "--engine", "cpu", "--device", "cuda");
        ddim.Fails(ErrorKind.Usage, "--engine", "train", "--out", Run, "--engine", "jax");
    }

    [Fact]
    public void FolderOfPicturesKeepsItsOptions()
    {
        SavePictures(5);
        ddim.Done(["train", scratch["photos"], "--out", Run, "--size", "8", "--flip", "--background", "#102030", "--max-bad", "1%", .. Tiny, "--epochs", "1"]);
        var config = RunConfig.Read(new RunFolder(Run).Config);

        Assert.Contains("flip True", config.DataFingerprint, StringComparison.Ordinal);
        Assert.Equal(5, config.Training.TotalImages);
        Assert.Equal(6, Images());
        ddim.Done("train", "--out", Run, "--epochs", "2");
        Assert.Equal(config.DataOptions, RunConfig.Read(new RunFolder(Run).Config).DataOptions);
        Assert.Equal(new RunDataOptions { Flip = true, MaxBadFraction = 0.01, Background = "#102030" }, config.DataOptions);
        Assert.Equal(10, Images());
    }

    [Fact]
    public void APartOfTheImagesIsKeptForValidation()
    {
        SavePictures(10);
        string[] begin = ["train", scratch["photos"], "--out", Run, "--size", "8", .. Tiny, "--validate-every", "4"];
        var (code, _, error) = ddim.Run([.. begin, "--validation", "30%", "--epochs", "1"]);
        Assert.Equal(0, code);
        Assert.Contains("3 of 10 images are kept for validation", error, StringComparison.Ordinal);
        var config = RunConfig.Read(new RunFolder(Run).Config);
        Assert.Equal((0.3, 7L), (config.DataOptions.HeldOut, config.Training.TotalImages));
        Assert.EndsWith("held out 3", config.DataFingerprint, StringComparison.Ordinal);

        ddim.Done("train", "--out", Run, "--epochs", "2");
        Assert.Equal(config with { Training = config.Training with { TotalImages = 14 } }, RunConfig.Read(new RunFolder(Run).Config));
        Assert.Equal(14, Images());
        Assert.Contains("\"validation\"", File.ReadAllText(new RunFolder(Run).Metrics), StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Configuration, "held out 3 → ", "train", "--out", Run, "--validation", "0", "--epochs", "3");
        ddim.Done("train", "--out", Run, "--validation", "3", "--epochs", "3");

        ddim.Fails(ErrorKind.Usage, "keeps 10 of 10 images apart", "train", scratch["photos"], "--dry-run", "--size", "8", "--validation", "10");
        ddim.Fails(ErrorKind.Usage, "write a part of the images such as 5%", "train", scratch["photos"], "--dry-run", "--validation", "100%");
        ddim.Fails(ErrorKind.Usage, "--validation is of no use with builtin:shapes", "train", "builtin:shapes", "--dry-run", "--validation", "5%");
    }

    [Fact]
    public void DequantisationAndLogitStayWithTheRunAndItsModel()
    {
        ddim.Done([.. Shapes, "--dequantize", "uniform", "--logit"]);
        var transform = new PixelTransform { Dequantization = Dequantization.Uniform, Logit = true };
        var model = Path.Combine(Run, "model");
        Assert.Equal([transform, transform], new[] { Run, model }.Select(m => ModelSource.Open(m).Scheduler.PixelTransform));
        Assert.Equal(transform.Range, ModelSource.Open(model).Scheduler.ClipSampleRange);
        ddim.Done("train", "--out", Run, "--steps", "4");
        ddim.Fails(ErrorKind.Configuration, "scheduler._dequantize", "train", "--out", Run, "--dequantize", "gaussian", "--steps", "6");
        ddim.Fails(ErrorKind.Usage, "--logit does not go with --from", "train", "builtin:shapes", "--from", model, "--logit", "--out", scratch["other"]);

        // What is written are levels: of x0 as the network has it, by the inverse.
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "1", "--dump", scratch["x.npy"], "--out", scratch["x.npz"]);
        var x = NpyFile.ReadFloat32(scratch["x.npy"]).Data;
        var levels = ArrayFile.Read(scratch["x.npz"] + ":arr_0").To<byte>();
        Assert.Equal(x.Length, levels.Length);
        Assert.Equal(Enumerable.Range(0, x.Length).Select(i => transform.Level(x[(i % 3 * 256) + (i / 3)])), levels, (a, b) => Math.Abs(a - b) <= 1);
        Assert.InRange(x.Max(Math.Abs), 1.5, 14);
        ddim.Fails(ErrorKind.Usage, "use --clip or --no-clip", "sample", "--model", model, "--threshold", "0.9");

        // Errors are those of pictures.
        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var images = transform.OfPictures([.. Enumerable.Range(0, 3 * 16 * 16).Select(i => (i % 200 / 100.0) - 1)]);
        var lost = loaded.Reconstruct(images, new SampleOptions { Steps = 2 });
        Assert.Equal(lost.Images.Values.Zip(images, (a, b) => Math.Pow(Sigmoid(a) - Sigmoid(b), 2)).Average(), lost.MeanSquaredError, 1e-5);
        Assert.InRange(lost.MeanSquaredError, 1e-3, 1);

        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    [Fact]
    public void SeedRecipeIsTheDefaultForAFolder()
    {
        SavePictures(3);

        var recipe = ddim.Json("train", scratch["photos"], "--dry-run", "--batch", "2");
        Assert.Equal(900, (long)recipe["totalImages"]!);
        Assert.Equal(2, (int)recipe["batch"]!);

        // The seed's network: 64·(1, 2, 2, 4) with attention at 12.
        var seed = Networks.UNetConfig.Ddpm(new ImageShape(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]);
        Assert.Equal(Networks.UNet.Build(seed).ParameterCount, (long)recipe["parameters"]!);
    }

    [Fact]
    public void DryRunWritesNothing()
    {
        Assert.Contains("images/s", ddim.Done([.. Shapes, "--dry-run"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run));
    }

    [Fact]
    public void AccumulationSplitsAnUpdate()
    {
        var found = ddim.Json("train", "builtin:shapes", "--dry-run", "--size", "16", "--channels", "8", "--batch", "3", "--accumulate", "2", "--steps", "7");

        Assert.Equal((6, 3, 42), ((int)found["batch"]!, (int)found["microBatch"]!, (int)found["totalImages"]!));
        ddim.Fails(ErrorKind.Usage, "give one", "train", "builtin:shapes", "--dry-run", "--accumulate", "2", "--micro-batch", "1");
    }

    [Theory]
    [InlineData(130)]
    [InlineData(143)]
    public void InterruptionSavesAndSaysHowToGoOn(int code)
    {
        using var interruption = new Interruption();
        var lines = 0;
        var interrupted = new Ddim { Clock = new SteppingClock(), Interruption = interruption, OnErrorLine = Raise };

        var (exit, _, error) = interrupted.Run([.. Endless, "--steps", "1000"]);

        Assert.Equal(code, exit);
        Assert.Contains($"go on with: ddim train --out {Run}", error, StringComparison.Ordinal);
        Assert.InRange(Images(), 2, 100);
        Assert.Equal(2000, (int)ddim.Json("inspect", Run)["training"]!["totalImages"]!);

        void Raise()
        {
            if (++lines == 6)
            {
                interruption.Raise(code);
            }
        }
    }

    [Fact]
    public void EachFailureHasItsCode()
    {
        ddim.Fails(ErrorKind.Data, "no such file or folder", "train", scratch["none"], "--out", Run);
        Directory.CreateDirectory(scratch["empty"]);
        ddim.Fails(ErrorKind.Data, "empty", "train", scratch["empty"], "--out", Run);
        ddim.Fails(ErrorKind.Configuration, "found, 16 to 256 expected", "train", "builtin:shapes", "--size", "4", "--out", Run);
        ddim.Fails(ErrorKind.Configuration, "is reached by no level", [.. Shapes, "--attention", "5"]);
        ddim.Fails(ErrorKind.Configuration, "learning rate 0 must be positive", [.. Shapes, "--lr", "0"]);
        ddim.Fails(ErrorKind.Device, "libtorch", [.. Shapes, "--device", "cuda"]);
        ddim.Fails(ErrorKind.Configuration, "its counterpart is --activations bfloat16", [.. Shapes, "--bf16"]);
        ddim.Fails(ErrorKind.Usage, "--activations: found 'half'; choose among float32, bfloat16", [.. Shapes, "--activations", "half"]);
        ddim.Fails(ErrorKind.ModelFile, "there is no model folder", "train", "builtin:shapes", "--from", scratch["none"], "--out", Run);
        ddim.Fails(ErrorKind.Storage, "file", "train", "builtin:shapes", "--out", Path.Combine(scratch.Text("file", ""), "run"), "--size", "16", "--steps", "1");
    }

    [Fact]
    public void LossThatIsNotFiniteIsCode6AndTheRunIsWhole()
    {
        var (code, _, error) = ddim.Run([.. Endless, "--lr", "1e30", "--clip-gradient", "0", "--steps", "50"]);

        Assert.Equal((int)ErrorKind.NonFinite, code);
        Assert.Contains("last good checkpoint", error, StringComparison.Ordinal);
        ddim.Done("inspect", Run);
    }

    [Fact]
    public void OneProcessTrainsInARun()
    {
        ddim.Done(Shapes);
        using var held = RunLock.Acquire(Run);

        ddim.Fails(ErrorKind.Storage, Run, "train", "--out", Run);
    }

    [Fact]
    public void BadFilesBeyondTheLimitAreCode4()
    {
        SavePictures(3);
        File.WriteAllText(Path.Combine(scratch["photos"], "not.png"), "not a picture");
        File.WriteAllText(Path.Combine(scratch["photos"], "scan.tif"), "not read");

        ddim.Fails(ErrorKind.Data, "not.png", ["train", scratch["photos"], "--out", Run, "--size", "8", .. Tiny, "--steps", "1"]);
        ddim.Fails(ErrorKind.Data, "1 of 4 files are bad", "data", "check", scratch["photos"]);
        var (code, _, said) = ddim.Run(["train", scratch["photos"], "--out", Run, "--size", "8", .. Tiny, "--steps", "1", "--max-bad", "30%"]);
        Assert.Equal(0, code);
        Assert.Contains("passed over: TIFF: 1 (scan.tif)", said, StringComparison.Ordinal);
        var check = ddim.Json("data", "check", scratch["photos"], "--max-bad", "0.3");
        Assert.Equal((3, "not.png"), ((int)check["images"]!, Path.GetFileName((string)check["bad"]![0]!["file"]!)));
    }

    [Fact]
    public void SignalEndsTheProcessWithItsCode()
    {
        using var process = Start();
        Terminate(process);

        Assert.True(process.WaitForExit(60_000), "the process goes on");
        Assert.Equal(143, process.ExitCode);
        var said = process.StandardError.ReadToEnd();
        Assert.Contains("Ctrl-C again quits at once", said, StringComparison.Ordinal);
        Assert.Contains("stopped and saved", said, StringComparison.Ordinal);
    }

    [Fact]
    public void SecondSignalEndsItAtOnce()
    {
        // One update takes minutes here.
        using var process = Start("--batch", "65536", "--micro-batch", "64");
        Terminate(process);
        Terminate(process);

        Assert.True(process.WaitForExit(60_000), "the process goes on");
        Assert.Equal(143, process.ExitCode);
        Assert.DoesNotContain("stopped and saved", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    private Process Start(params string[] more)
    {
        string[] tiny = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4"];
        var process = Process.Start(new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "ddim.dll"), "train", "builtin:shapes", "--out", Run, "--size", "16", "--duration", "10m", "--threads", "1", .. tiny, .. more])
        {
            RedirectStandardError = true,
        })!;
        for (var patience = 0; !File.Exists(Path.Combine(Run, "latest")) && !process.HasExited && patience < 600; patience++)
        {
            Thread.Sleep(100);
        }

        return process;
    }

    private static void Terminate(Process process)
    {
        using var kill = Process.Start("sh", ["-c", FormattableString.Invariant($"kill -TERM {process.Id}")]);
        kill.WaitForExit();
        Thread.Sleep(200);
    }

    private long Images() => Checkpoint.ReadState(new RunFolder(Run).Latest()!).Images;

    private void SavePictures(int count)
    {
        var pixels = new byte[3 * 16 * 16];
        for (var i = 0; i < count; i++)
        {
            new ShapesSource(16).Read(i, pixels, new int[1]);
            ImageFile.SavePng(Path.Combine(scratch["photos"], $"{i}.png"), new ImageShape(3, 16, 16), pixels);
        }
    }
}
