using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>NumPy's archives where commands take arrays.</summary>
public sealed class ArrayTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public ArrayTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void An_archive_is_as_good_as_a_file()
    {
        var x = new float[2 * 192];
        CounterNoise.Gaussian(5, 0, x.AsSpan());
        NpyFile.Write(scratch["x.npy"], new HostTensor([2, 3, 8, 8], x));
        NpzFile.Write(scratch["x.npz"], KeyValuePair.Create("start", NpyArray.Create<float>([2, 3, 8, 8], x)), KeyValuePair.Create("other", NpyArray.Create<int>([1], [1])));
        ddim.Done("sample", "--model", model, "--steps", "2", "--init", scratch["x.npy"], "--dump", scratch["a.npy"]);
        ddim.Done("sample", "--model", model, "--steps", "2", "--init", scratch["x.npz"] + ":start", "--dump", scratch["b.npz"], "--out", scratch["b.png"]);
        Assert.Equal(NpyFile.ReadFloat32(scratch["a.npy"]).Data, ArrayFile.Read(scratch["b.npz"]).To<float>());
        ddim.Fails(ErrorKind.Data, "several arrays (start, other); name one", "sample", "--model", model, "--init", scratch["x.npz"]);
        ddim.Done("predict", "--model", model, "--input", scratch["x.npz"] + ":start", "--timesteps", "5", "--output", scratch["e.npz"]);
        Assert.Equal([2, 3, 8, 8], ArrayFile.Read(scratch["e.npz"]).Shape);
        Assert.Equal("F32 [2, 3, 8, 8]", (string)ddim.Json("inspect", scratch["x.npz"])["arrays"]!["start"]!);

        // The recipe holds the archive's hash.
        ddim.Done("sample", "--from", scratch["b.png"], "--out", scratch["c.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["b.png"]), File.ReadAllBytes(scratch["c.png"]));
        NpzFile.Write(scratch["x.npz"], KeyValuePair.Create("start", NpyArray.Create<float>([2, 3, 8, 8], new float[384])));
        ddim.Fails(ErrorKind.Data, "has changed", "sample", "--from", scratch["b.png"], "--out", scratch["d.png"]);
    }

    [Fact]
    public void Samples_are_written_as_guided_diffusion_does()
    {
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "5", "--batch", "2", "--out", scratch["s.npz"], "--dump", scratch["s.npy"]);
        using var archive = NpzFile.Open(scratch["s.npz"]);
        Assert.Equal(["arr_0"], archive.Names);
        var pixels = archive.Read("arr_0");
        Assert.Equal((TensorDtype.U8, "5,8,8,3"), (pixels.Dtype, string.Join(',', pixels.Shape)));
        var values = NpyFile.ReadFloat32(scratch["s.npy"]).Data;
        for (var i = 0; i < values.Length; i++)
        {
            var (image, c, pixel) = (i / 192, i / 64 % 3, i % 64);
            var level = (byte)Math.Clamp(Math.Round(127.5 * (values[i] + 1.0), MidpointRounding.AwayFromZero), 0, 255);
            Assert.Equal(level, pixels.Bytes.Span[(image * 192) + (pixel * 3) + c]);
        }

        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "5", "--batch", "5", "--out", scratch["one.npz"]);
        Assert.Equal(File.ReadAllBytes(scratch["one.npz"]), File.ReadAllBytes(scratch["s.npz"]));
        var report = DataCheck.Run(scratch["s.npz"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("npz", 5L), (report.Kind, report.Images));
    }
}
