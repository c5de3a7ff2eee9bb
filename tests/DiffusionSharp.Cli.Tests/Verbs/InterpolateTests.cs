using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class InterpolateTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public InterpolateTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Ends_are_the_seeds_own_images()
    {
        ddim.Done("interpolate", "--seeds", "3,8", "--frames", "4", "--model", model, "--steps", "3", "--batch", "1", "--dump", scratch["line.npy"]);
        ddim.Done("sample", "--seeds", "3,8", "--model", model, "--steps", "3", "--batch", "1", "--dump", scratch["ends.npy"]);

        var line = NpyFile.ReadFloat32(scratch["line.npy"]);
        var ends = NpyFile.ReadFloat32(scratch["ends.npy"]).Data;
        Assert.Equal([4, 3, 8, 8], line.Shape);
        Assert.Equal(ends[..192], line.Data[..192]);
        Assert.Equal(ends[192..], line.Data[^192..]);
        Assert.NotEqual(line.Data[192..384], line.Data[384..576]);
    }

    [Fact]
    public void Four_seeds_make_a_square()
    {
        ddim.Done("interpolate", "--seeds", "3,8,5,6", "--frames", "3", "--model", model, "--steps", "2", "--batch", "1", "--dump", scratch["square.npy"]);
        ddim.Done("sample", "--seeds", "3,8,5,6", "--model", model, "--steps", "2", "--batch", "1", "--dump", scratch["ends.npy"]);

        var square = NpyFile.ReadFloat32(scratch["square.npy"]);
        var ends = NpyFile.ReadFloat32(scratch["ends.npy"]).Data.Chunk(192).ToArray();
        var cells = square.Data.Chunk(192).ToArray();
        Assert.Equal([9, 3, 8, 8], square.Shape);
        Assert.Equal(ends, [cells[0], cells[2], cells[6], cells[8]]);
    }

    [Fact]
    public void The_sheet_is_written_and_bad_words_are_refused()
    {
        var json = ddim.Json("interpolate", "--model", model, "--steps", "1", "--out", scratch["line.png"]);

        Assert.Equal((11, 1), ((int)json["images"]!, (int)json["networkCalls"]!));
        Assert.True(File.Exists(scratch["line.png"]));
        ddim.Fails(ErrorKind.Usage, "two or four seeds", "interpolate", "--seeds", "1,2,3", "--model", model);
        ddim.Fails(ErrorKind.Usage, "adds noise", "interpolate", "--solver", "dpm++2m-sde", "--model", model);
        ddim.Fails(ErrorKind.Usage, "2 to 1000 frames", "interpolate", "--frames", "1", "--model", model);
    }
}
