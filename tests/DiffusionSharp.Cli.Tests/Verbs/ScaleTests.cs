using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using SkiaSharp;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary><c>--scale</c>: pictures large enough to be looked at, which are still the same pictures.</summary>
public sealed class ScaleTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;
    private readonly string[] one;

    public ScaleTests()
    {
        model = TinyModel.Save(scratch["model"]);
        one = ["sample", "--model", model, "--steps", "2", "--seed", "3", "--count", "1"];
        ddim.Done([.. one, "--out", scratch["small.png"]]);
        ddim.Done([.. one, "--out", scratch["large.png"], "--scale", "5"]);
    }

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Every_pixel_is_a_square_of_pixels()
    {
        using var small = SKBitmap.Decode(scratch["small.png"]);
        using var large = SKBitmap.Decode(scratch["large.png"]);

        Assert.Equal((40, 40), (large.Width, large.Height));
        Assert.All(Enumerable.Range(0, 1600), i => Assert.Equal(small.GetPixel(i % 40 / 5, i / 40 / 5), large.GetPixel(i % 40, i / 40)));
    }

    [Fact]
    public void The_recipe_is_of_the_same_picture_and_takes_it_up_again()
    {
        Assert.True(Recipe.SamePicture(PngFile.Read(scratch["small.png"]).Text[Recipe.Key], PngFile.Read(scratch["large.png"]).Text[Recipe.Key]));
        ddim.Done("sample", "--from", scratch["large.png"], "--out", scratch["again.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["large.png"]), File.ReadAllBytes(scratch["again.png"]));
        ddim.Done("sample", "--from", scratch["large.png"], "--scale", "1", "--out", scratch["again.png"]);
        using var small = SKBitmap.Decode(scratch["small.png"]);
        using var again = SKBitmap.Decode(scratch["again.png"]);
        Assert.Equal(small.Pixels, again.Pixels);
    }

    // Nobody asked for an enlarged array or folder: the recipe's word counts for pictures alone.
    [Fact]
    public void The_scale_of_a_recipe_is_for_pictures()
    {
        ddim.Done("sample", "--from", scratch["large.png"], "--dump", scratch["x.npy"]);
        ddim.Done("sample", "--from", scratch["large.png"], "--out", scratch["from/"]);
        ddim.Done([.. one, "--out", scratch["direct/"]]);

        Assert.Equal([1, 3, 8, 8], NpyFile.ReadFloat32(scratch["x.npy"]).Shape);
        Assert.Equal(File.ReadAllBytes(scratch["direct/00000003.png"]), File.ReadAllBytes(scratch["from/00000003.png"]));
        ddim.Done("interpolate", "--model", model, "--steps", "1", "--frames", "2", "--scale", "2", "--out", scratch["line.png"]);
        ddim.Done("interpolate", "--from", scratch["line.png"], "--dump", scratch["y.npy"]);
        ddim.Done("sequence", "--from", scratch["large.png"], "--no-labels", "--frames", "1", "--out", scratch["strip.png"]);
        Assert.Equal(44, (int)PngFile.Read(scratch["strip.png"]).Width);
    }

    [Fact]
    public void Who_reads_it_sees_the_pixels_as_they_were()
    {
        ddim.Done("invert", scratch["small.png"], "--model", model, "--steps", "2", "--out", scratch["a.npy"]);
        ddim.Done("invert", scratch["large.png"], "--model", model, "--steps", "2", "--out", scratch["b.npy"]);
        Assert.Equal(NpyFile.ReadFloat32(scratch["a.npy"]).Data, NpyFile.ReadFloat32(scratch["b.npy"]).Data);

        foreach (var name in new[] { "small", "large" })
        {
            ddim.Done("sample", "--model", model, "--steps", "4", "--init-image", scratch[$"{name}.png"], "--mask", scratch[$"{name}.png"], "--dump", scratch[$"{name}.npy"]);
            ddim.Done("reconstruct", scratch[$"{name}.png"], "--model", model, "--steps", "2", "--out", scratch[name]);
        }

        Assert.Equal(NpyFile.ReadFloat32(scratch["small.npy"]).Data, NpyFile.ReadFloat32(scratch["large.npy"]).Data);
        Assert.Equal(File.ReadAllText(scratch["small/table.csv"]), File.ReadAllText(scratch["large/table.csv"]));
    }

    [Theory]
    [InlineData("sheet.png", (2 * 18) + 2, "sample", "--count", "4", "--no-labels")]
    [InlineData("strip.png", (2 * 18) + 2, "sequence", "--count", "1", "--frames", "2", "--no-labels")]
    [InlineData("walk.apng", (2 * 18) + 2, "sequence", "--count", "2", "--no-labels")]
    [InlineData("line.png", (3 * 18) + 2, "interpolate", "--frames", "3", "--no-labels")]
    public void Sheets_are_as_large_as_told(string name, int width, params string[] verb)
    {
        ddim.Done([.. verb, "--model", model, "--steps", "2", "--scale", "2", "--out", scratch[name]]);

        Assert.Equal(width, (int)PngFile.Read(scratch[name]).Width);
    }

    [Theory]
    [InlineData("sweep", "--eta", "0", "--count", "2")]
    [InlineData("reconstruct", "PICTURE")]
    public void Sheets_with_a_table_are_too(params string[] verb)
    {
        verb = [.. verb.Select(w => w == "PICTURE" ? scratch["small.png"] : w)];
        ddim.Done([.. verb, "--model", model, "--steps", "2", "--out", scratch["usual"]]);
        ddim.Done([.. verb, "--model", model, "--steps", "2", "--scale", "20", "--out", scratch["large"]]);

        // A cell is 8 times 20 pixels high instead of 8 times 12, and has at least a row of letters beneath it.
        Assert.True(PngFile.Read(scratch["large/sheet.png"]).Height >= PngFile.Read(scratch["usual/sheet.png"]).Height + 64);
    }

    [Fact]
    public void What_is_no_picture_to_be_looked_at_is_not_enlarged()
    {
        Fails("--scale 4 enlarges a picture to be looked at, and what is written are numbers", "--scale", "4", "--out", scratch["x.npz"]);
        Fails("what is written are numbers", "--scale", "4", "--dump", scratch["x.npy"]);
        Fails("the files of a folder are as the model draws them", "--scale", "4", "--out", scratch["all/"]);
        Fails("--scale: found '0'; give a whole factor, 1 to 64", "--scale", "0", "--out", scratch["x.png"]);
        Fails("--scale: found '1.5'", "--scale", "1.5", "--out", scratch["x.png"]);
        ddim.Fails(ErrorKind.Usage, "what is written are numbers", "interpolate", "--model", model, "--scale", "2", "--dump", scratch["x.npy"]);
        Assert.False(Directory.Exists(scratch["all"]));

        void Fails(string words, params string[] args) => ddim.Fails(ErrorKind.Usage, words, [.. one, .. args]);
    }
}
