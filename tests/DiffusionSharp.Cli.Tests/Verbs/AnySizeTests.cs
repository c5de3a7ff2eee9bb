using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Every verb runs a model at sizes that it was not trained at.</summary>
public sealed class AnySizeTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public AnySizeTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Sample_draws_it_and_the_picture_remembers_it()
    {
        var (code, _, error) = ddim.Run("sample", "--model", model, "--size", "12x20", "--steps", "2", "--count", "1", "--out", scratch["a.png"]);
        Assert.True(code == 0, error);
        Assert.Contains("trained on images of 8×8", error);
        var picture = PngFile.Read(scratch["a.png"]);
        Assert.Equal((12, 20), (picture.Height, picture.Width));
        ddim.Done("sample", "--from", scratch["a.png"], "--out", scratch["b.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["b.png"]));
        ddim.Fails(ErrorKind.Configuration, "the nearest that is: 12×20", "sample", "--model", model, "--size", "11x20", "--out", scratch["c.png"]);
    }

    [Fact]
    public void Invert_and_predict_and_export_take_it()
    {
        ddim.Done("invert", "builtin:shapes", "--count", "1", "--model", model, "--size", "16x16", "--steps", "2", "--out", scratch["z.npy"]);
        Assert.Equal([1, 3, 16, 16], NpyFile.ReadFloat32(scratch["z.npy"]).Shape);
        NpyFile.Write(scratch["x.npy"], new HostTensor([2, 3, 12, 20], new float[2 * 3 * 12 * 20]));
        ddim.Done("predict", "--model", model, "--input", scratch["x.npy"], "--timesteps", "5", "--output", scratch["y.npy"]);
        Assert.Equal([2, 3, 12, 20], NpyFile.ReadFloat32(scratch["y.npy"]).Shape);
        ddim.Done("export", "--model", model, "--size", "12x20", "--check", "--out", scratch["m.onnx"]);
    }
}
