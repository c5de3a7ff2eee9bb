using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cpu;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Models;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>What a run learns: the objective, averages of other lengths, augmentation and transformed pixels, as far as its model.</summary>
public sealed class TrainObjectiveTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly TinyTraining tiny;

    public TrainObjectiveTests() => tiny = new TinyTraining(scratch);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void EDMs_objective_makes_a_model_that_is_sampled_and_fine_tuned()
    {
        ddim.Done([.. tiny.Shapes, "--edm", "--sigma-data", "0.6", "--p-mean", "-1", "--sample-every", "4"]);
        ddim.Done("train", "--out", tiny.Run, "--steps", "4");
        var model = Path.Combine(tiny.Run, "model");
        var training = RunConfig.Read(new RunFolder(tiny.Run).Config).Training;
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
        ddim.Fails(ErrorKind.Usage, "--beta-end does not go with --edm", [.. tiny.Shapes[..2], "--out", scratch["x"], "--edm", "--beta-end", "0.1"]);
        ddim.Fails(ErrorKind.Usage, "give --edm, too", [.. tiny.Shapes[..2], "--out", scratch["x"], "--p-std", "1"]);
        ddim.Fails(ErrorKind.Usage, "--edm does not go with --from", "train", "builtin:shapes", "--from", model, "--edm", "--out", scratch["x"]);
        ddim.Fails(ErrorKind.Configuration, "leave out timestep sampling", [.. tiny.Endless[..3], scratch["x"], .. tiny.Endless[4..], "--steps", "1", "--edm", "--min-snr", "5"]);
    }

    [Fact]
    public void Stored_averages_make_models_of_other_lengths()
    {
        ddim.Done([.. tiny.Shapes, "--posthoc-ema", "0.05,0.1", "--snapshot-every", "2"]);
        var report = ddim.Json("convert", tiny.Run, scratch["longer"], "--posthoc-ema", "0.15");
        Assert.Equal((6, 6), ((int)report["images"]!, (int)report["stored"]!));
        Assert.Contains("sigma_rel 0.15", File.ReadAllText(Path.Combine(scratch["longer"], "README.md")), StringComparison.Ordinal);
        ddim.Done("sample", "--model", scratch["longer"], "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        ddim.Fails(ErrorKind.Usage, "--half does not go with", "convert", tiny.Run, scratch["x"], "--posthoc-ema", "0.15", "--half");
        ddim.Fails(ErrorKind.Usage, "is no training run", "convert", Path.Combine(tiny.Run, "model"), scratch["x"], "--posthoc-ema", "0.15");
        ddim.Fails(ErrorKind.Usage, "0.001 to 0.25", "convert", tiny.Run, scratch["x"], "--posthoc-ema", "0.3");
        ddim.Done([.. tiny.Shapes[..3], scratch["plain"], .. tiny.Shapes[4..]]);
        ddim.Fails(ErrorKind.ModelFile, "stored no averages", "convert", scratch["plain"], scratch["x"], "--posthoc-ema", "0.1");
    }

    [Fact]
    public void Augmentation_leaves_no_trace_in_the_model_and_goes_with_fine_tuning()
    {
        ddim.Done([.. tiny.Shapes, "--augment", "12%"]);
        ddim.Done("train", "--out", tiny.Run, "--steps", "4");
        Assert.Equal(0.12, RunConfig.Read(new RunFolder(tiny.Run).Config).Training.Augment);
        ddim.Done("sample", "--model", tiny.Run, "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        ddim.Done("sample", "--model", Path.Combine(tiny.Run, "model"), "--steps", "2", "--count", "1", "--out", scratch["b.png"]);
        ddim.Done("train", "builtin:shapes", "--from", Path.Combine(tiny.Run, "model"), "--augment", "0.2", "--steps", "1", "--batch", "2", "--out", scratch["other"]);
        ddim.Fails(ErrorKind.Configuration, "leave it out", [.. tiny.Endless[..3], scratch["x"], .. tiny.Endless[4..], "--steps", "1", "--augment", "0.1", "--logit"]);
    }

    [Fact]
    public void Dequantisation_and_logit_stay_with_the_run_and_its_model()
    {
        ddim.Done([.. tiny.Shapes, "--dequantize", "uniform", "--logit"]);
        var transform = new PixelTransform { Dequantization = Dequantization.Uniform, Logit = true };
        var model = Path.Combine(tiny.Run, "model");
        Assert.Equal([transform, transform], new[] { tiny.Run, model }.Select(m => ModelSource.Open(m).Scheduler.PixelTransform));
        Assert.Equal(transform.Range, ModelSource.Open(model).Scheduler.ClipSampleRange);
        ddim.Done("train", "--out", tiny.Run, "--steps", "4");
        ddim.Fails(ErrorKind.Configuration, "scheduler._dequantize", "train", "--out", tiny.Run, "--dequantize", "gaussian", "--steps", "6");
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
        var images = transform.FromPictures([.. Enumerable.Range(0, 3 * 16 * 16).Select(i => (i % 200 / 100.0) - 1)]);
        var lost = loaded.Reconstruct(images, new SampleOptions { Steps = 2 });
        Assert.Equal(lost.Images.Values.Zip(images, (a, b) => Math.Pow(Sigmoid(a) - Sigmoid(b), 2)).Average(), lost.MeanSquaredError, 1e-5);
        Assert.InRange(lost.MeanSquaredError, 1e-3, 1);

        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }
}
