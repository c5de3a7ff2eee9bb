using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cpu;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class InvertTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;
    private readonly string picture;

    public InvertTests()
    {
        model = TinyModel.Save(scratch["model"]);
        picture = scratch["photo.png"];
        ImageFile.SavePng(picture, new ImageShape(3, 8, 8), [.. Enumerable.Range(0, 192).Select(i => (byte)(i * 5))]);
    }

    public void Dispose() => scratch.Dispose();

    // How near they come to the images is ReconstructTests' to say.
    [Fact]
    public void Sample_decodes_what_invert_encoded()
    {
        ddim.Done("invert", picture, "--model", model, "--steps", "5", "--out", scratch["z.npy"]);
        ddim.Done("sample", "--model", model, "--init", scratch["z.npy"], "--steps", "5", "--no-clip", "--dump", scratch["back.npy"]);

        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var x0 = ImageList.Read([picture], loaded.Shape, cancellationToken: TestContext.Current.CancellationToken);
        var back = loaded.Reconstruct(x0, new SampleOptions { Steps = 5 }).Images.ToFloats();
        Assert.All(NpyFile.ReadFloat32(scratch["back.npy"]).Data.Zip(back), p => Assert.Equal(p.First, p.Second, 1e-4)); // z.npy is float32
    }

    [Fact]
    public void The_command_is_the_librarys_three_lines()
    {
        var json = ddim.Json("invert", picture, "--model", model, "--timesteps", "99,60,7", "--out", scratch["z.npy"]);
        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var x0 = ImageList.Read([picture], loaded.Shape, cancellationToken: TestContext.Current.CancellationToken);
        var xT = loaded.Invert(x0, new SampleOptions { Timesteps = [99, 60, 7] });

        var written = NpyFile.ReadFloat32(scratch["z.npy"]);
        Assert.Equal([1, 3, 8, 8], written.Shape);
        Assert.Equal(xT.ToFloats(), written.Data);
        Assert.Equal((1, 3), ((int)json["images"]!, (int)json["networkCalls"]!));
        Assert.Contains("--no-clip", (string)json["notes"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_level_matters()
    {
        float[] Encoded(string level)
        {
            ddim.Done("invert", picture, "--model", model, "--steps", "5", "--level", level, "--out", scratch["z.npy"]);
            return [.. NpyFile.ReadFloat32(scratch["z.npy"]).Data];
        }

        Assert.NotEqual(Encoded("target"), Encoded("current"));
    }

    [Fact]
    public void Files_folders_and_drawings_are_read()
    {
        Directory.CreateDirectory(scratch["more"]);
        File.Copy(picture, scratch["more/a.png"]);
        File.Copy(picture, scratch["more/b.png"]);

        Assert.Equal(3, Count(picture, scratch["more"]));
        Assert.Equal(2, Count(picture, scratch["more"], "--count", "2"));
        var larger = TinyModel.Save(scratch["larger"], size: 16);
        Assert.Equal(16, (int)ddim.Json("invert", "builtin:shapes", "--model", larger, "--steps", "1", "--out", scratch["z.npy"])["images"]!);

        int Count(params string[] words) => (int)ddim.Json(["invert", .. words, "--model", model, "--steps", "1", "--out", scratch["z.npy"]])["images"]!;
    }

    [Fact]
    public void Bad_images_are_named_and_nothing_is_written()
    {
        scratch.Text("broken.png", "no picture");

        ddim.Fails(ErrorKind.Data, "broken.png", Words(scratch["broken.png"]));
        ddim.Fails(ErrorKind.Data, "no such file or folder", Words(scratch["absent.png"]));
        ddim.Fails(ErrorKind.Data, "1 images found, 2 were asked for", [.. Words(picture), "--count", "2"]);
        ddim.Fails(ErrorKind.Usage, "read at least 1", [.. Words(picture), "--count", "0"]);
        ddim.Fails(ErrorKind.Usage, "--level", [.. Words(picture), "--level", "next"]);
        Assert.False(File.Exists(scratch["z.npy"]));

        string[] Words(string path) => ["invert", path, "--model", model, "--out", scratch["z.npy"]];
    }
}
