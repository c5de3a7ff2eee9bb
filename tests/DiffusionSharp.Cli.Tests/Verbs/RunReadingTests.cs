using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Verbs that read a training run.</summary>
public sealed class RunReadingTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly RunFolder run;

    public RunReadingTests() => run = SmallRun.Write(scratch["run"], 10, 20);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void None_reads_damaged_weights()
    {
        File.WriteAllText(Path.Combine(run.Checkpoint(20), Checkpoint.Ema(0.9)), "damaged");
        NpyFile.Write(scratch["x.npy"], new HostTensor([1, 3, 8, 8], new float[192]));
        ImageFile.SavePng(scratch["photos/p.png"], new ImageShape(3, 8, 8), new byte[192]);
        string[][] verbs =
        [
            ["sample"], ["sample", "--dump"], ["sequence"], ["interpolate"], ["sweep"], ["tune"], ["export"], ["invert", scratch["photos/p.png"]],
            ["reconstruct", scratch["photos/p.png"]], ["predict", "--input", scratch["x.npy"], "--timesteps", "3", "--output"],
        ];
        Assert.All(verbs, verb =>
        {
            string[] target = verb[^1].StartsWith("--", StringComparison.Ordinal) ? [scratch["y.npy"]] : verb[0] is "tune" ? [] : ["--out", scratch[verb[0] switch { "export" => "m.onnx", "invert" => "z.npy", "sweep" or "reconstruct" => "out", _ => "y.png" }]];
            ddim.Fails(ErrorKind.ModelFile, "ema-0.9.safetensors is damaged", [.. verb, .. target, "--model", run.Root]);
        });
        ddim.Fails(ErrorKind.ModelFile, "is damaged", "convert", run.Root, scratch["out"]);
        ddim.Fails(ErrorKind.ModelFile, "is damaged", "train", scratch["photos"], "--from", run.Root, "--out", scratch["new"]);
        ddim.Fails(ErrorKind.ModelFile, "is damaged", "inspect", run.Root);
        Assert.Equal(["photos", "run", "x.npy"], Directory.GetFileSystemEntries(scratch.Root).Select(Path.GetFileName).Order());

        // The advice works.
        ddim.Done("sample", "--model", run.Checkpoint(10), "--steps", "1", "--out", scratch["y.png"]);
    }

    [Fact]
    public void Older_checkpoints_and_the_files_in_them_are_models()
    {
        var old = run.Checkpoint(10);
        var newest = Pixels(run.Root);
        Assert.NotEqual(newest, Pixels(old));
        Assert.Equal(newest, Pixels(run.Checkpoint(20)));
        Assert.Equal(Pixels(old), Pixels(Path.Combine(old, "ema-0.9.safetensors")));
        Assert.Equal(Pixels(old, "--raw"), Pixels(Path.Combine(old, "unet.safetensors")));
        Assert.NotEqual(Pixels(old), Pixels(Path.Combine(old, "ema-0.99.safetensors")));

        var facts = ddim.Json("inspect", old);
        Assert.Equal(("checkpoint of a training run", 10, old), ((string)facts["kind"]!, (int)facts["training"]!["images"]!, (string)facts["training"]!["checkpoint"]!));
        Assert.Equal(run.Checkpoint(20), (string)ddim.Json("inspect", run.Root)["training"]!["latest"]!);
        Assert.Equal("3×8×8", (string)ddim.Json("inspect", Path.Combine(old, "unet.safetensors"))["network"]!["images"]!);
        ddim.Done("convert", old, scratch["old"]);
        Assert.Equal(Pixels(old), Pixels(scratch["old"]));
        Assert.Contains("10 images in 10 updates", File.ReadAllText(scratch["old/README.md"]), StringComparison.Ordinal);
        ddim.Done("sample", "--model", old, "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        ddim.Done("sample", "--from", scratch["a.png"], "--out", scratch["b.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["b.png"]));
    }

    [Fact]
    public void That_latest_is_missing_is_said()
    {
        File.Delete(Path.Combine(run.Root, "latest"));
        var (code, _, error) = ddim.Run("sample", "--model", run.Root, "--steps", "1", "--out", scratch["x.png"]);
        Assert.Equal(0, code);
        Assert.Contains("latest is missing: the newest whole checkpoint is taken, 000000000020", error, StringComparison.Ordinal);
    }

    private double[] Pixels(string model, params string[] more)
    {
        ddim.Done(["sample", "--model", model, "--steps", "2", "--count", "1", "--no-clip", "--dump", scratch["x.npy"], .. more]);
        return NpyFile.ReadFloat64(scratch["x.npy"]).Values;
    }
}
