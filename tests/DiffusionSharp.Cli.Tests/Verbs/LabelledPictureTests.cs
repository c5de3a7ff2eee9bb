using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cli.Verbs.Interpolate;
using DiffusionSharp.Cli.Verbs.Train;
using DiffusionSharp.Cpu;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Models;
using DiffusionSharp.Training;
using SkiaSharp;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>The words on sheets, strips and interpolations, and pictures without them.</summary>
public sealed class LabelledPictureTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 8, 8);

    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public LabelledPictureTests() => model = TinyModel.Save(scratch["model"], classes: 3);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_sheet_says_seed_and_class_unless_told_not_to()
    {
        string[] how = ["sample", "--model", model, "--steps", "2", "--seed", "4", "--count", "5"];
        ddim.Done([.. how, "--out", scratch["words.png"], "--dump", scratch["x.npy"]]);
        ddim.Done([.. how, "--out", scratch["plain.png"], "--no-labels"]);

        var images = new byte[5 * Shape.Elements];
        ImageFile.ToBytes(NpyFile.ReadFloat32(scratch["x.npy"]).Data, images);
        Same(ImageGrid.Make(Shape, images, 3, 12), scratch["plain.png"]);
        var labels = SheetLabels.Captioned([.. Enumerable.Range(0, 5).Select(IReadOnlyList<string> (i) => [$"seed {4 + i}", $"class {i % 3}"])]);
        Same(LabelledSheet.Draw(Shape, [.. images.Chunk(Shape.Elements)], labels, columns: 1, scale: 12), scratch["words.png"]);

        // They are no part of what makes the picture, and are taken up again with it.
        Assert.True(Recipe.SamePicture(PngFile.Read(scratch["words.png"]).Text[Recipe.Key], PngFile.Read(scratch["plain.png"]).Text[Recipe.Key]));
        foreach (var name in new[] { "words", "plain" })
        {
            ddim.Done("sample", "--from", scratch[$"{name}.png"], "--out", scratch["again.png"]);
            Assert.Equal(File.ReadAllBytes(scratch[$"{name}.png"]), File.ReadAllBytes(scratch["again.png"]));
        }

        ddim.Done("sample", "--from", scratch["plain.png"], "--no-labels", "false", "--out", scratch["again.png"]);
        Assert.Equal(Pixels(scratch["words.png"]), Pixels(scratch["again.png"]));
    }

    [Fact]
    public void The_sheet_of_a_folder_says_them_too()
    {
        string[] how = ["sample", "--model", model, "--steps", "2", "--seeds", "4,9"];
        ddim.Done([.. how, "--out", scratch["words.png"]]);
        ddim.Done([.. how, "--out", scratch["plain.png"], "--no-labels"]);
        ddim.Done([.. how, "--out", scratch["a/"]]);
        ddim.Done([.. how, "--out", scratch["b/"], "--no-labels"]);

        Assert.Equal(Pixels(scratch["words.png"]), Pixels(scratch["a/sheet.png"]));
        Assert.Equal(Pixels(scratch["plain.png"]), Pixels(scratch["b/sheet.png"]));
        Assert.Equal(File.ReadAllBytes(scratch["a/00000009.png"]), File.ReadAllBytes(scratch["b/00000009.png"]));
    }

    [Fact]
    public void One_picture_has_none()
    {
        string[] how = ["sample", "--model", model, "--steps", "2", "--count", "1"];
        ddim.Done([.. how, "--out", scratch["one.png"]]);
        ddim.Done([.. how, "--out", scratch["plain.png"], "--no-labels"]);

        Assert.Equal((8, 8), ((int)PngFile.Read(scratch["one.png"]).Width, (int)PngFile.Read(scratch["one.png"]).Height));
        Assert.Equal(Pixels(scratch["plain.png"]), Pixels(scratch["one.png"]));
    }

    [Fact]
    public void An_interpolation_says_how_far_it_is()
    {
        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var strip = BetweenLabels.Create([3, 8], 21, loaded, null);
        Assert.Equal((1, 11), (strip.Columns.Count, strip.Across));
        Assert.Equal(["α = 0", "seed 3"], strip.Captions[0]);
        Assert.Equal(["α = 0.05"], strip.Captions[1]);
        Assert.Equal(["α = 1", "seed 8"], strip.Captions[20]);
        Assert.Equal(["α = 0.5", "class 2"], BetweenLabels.Create([3, 8], 3, loaded, [0, 2, 0]).Captions[1]);

        var square = BetweenLabels.Create([1, 2, 3, 4], 4, loaded, null);
        Assert.Equal(["α = 0", "α = 0.333", "α = 0.667", "α = 1"], square.Columns);
        Assert.Equal(["β = 0", "β = 0.333", "β = 0.667", "β = 1"], square.Rows);
        Assert.Equal(["seed 1", "", "", "seed 2", "", "", "", "", "", "", "", "", "seed 3", "", "", "seed 4"], square.Captions.Select(c => string.Concat(c)));
        ddim.Done("interpolate", "--model", model, "--steps", "1", "--frames", "4", "--out", scratch["words.png"]);
        ddim.Done("interpolate", "--from", scratch["words.png"], "--no-labels", "--out", scratch["plain.png"]);
        Assert.Equal(((4 * 98) + 2, 100), ((int)PngFile.Read(scratch["plain.png"]).Width, (int)PngFile.Read(scratch["plain.png"]).Height));
    }

    [Fact]
    public void A_strip_says_seeds_and_timesteps()
    {
        string[] how = ["sequence", "--model", model, "--timesteps", "90,50", "--count", "1", "--seed", "7", "--class", "1"];
        ddim.Done([.. how, "--out", scratch["words.png"]]);
        ddim.Done([.. how, "--out", scratch["plain.png"], "--no-labels"]);

        var plain = SKBitmap.Decode(scratch["plain.png"]);
        byte[][] cells = [.. Enumerable.Range(0, 2).Select(column => Enumerable.Range(0, 2).SelectMany(row => Image(plain, row, column)).ToArray())];
        var labels = new SheetLabels
        {
            Notes = ["x after the step at t, above the x0 predicted there"],
            Rows = ["seed 7, class 1"],
            Columns = ["t = 90", "t = 50"],
            Captions = [[], []],
        };
        Same(LabelledSheet.Draw(Shape, cells, labels, columns: 1, scale: 12), scratch["words.png"]);
    }

    [Theory]
    [InlineData(0, "star")]
    [InlineData(1, "bull mastiff, a kin…")]
    [InlineData(2, "class 2")]
    [InlineData(3, "class 3")]
    public void A_class_goes_by_its_name_where_that_can_be_written(int label, string words) =>
        Assert.Equal(words, SheetCaptions.Class(["star", "bull mastiff, a kind of dog", "字"], label));

    [Fact]
    public void Previews_say_classes_where_there_are_any()
    {
        var values = new float[4 * Shape.Elements];
        var without = PreviewFile.Write(scratch["a"], new Preview(1, 4, Shape, values), []);
        var with = PreviewFile.Write(scratch["b"], new Preview(1, 4, Shape, values) { Labels = [0, 1, 0, 1] }, ["star", "ring"]);

        Assert.Equal((2 * 98) + 2, (int)PngFile.Read(without).Height);
        var cell = Enumerable.Repeat((byte)128, Shape.Elements).ToArray();
        Same(LabelledSheet.Draw(Shape, [cell, cell, cell, cell], SheetLabels.Captioned([["star"], ["ring"], ["star"], ["ring"]]), columns: 1, scale: 12), with);
    }

    private static IEnumerable<byte> Image(SKBitmap strip, int row, int column) =>
        from c in Enumerable.Range(0, 3)
        from y in Enumerable.Range(0, 8)
        from x in Enumerable.Range(0, 8)
        let pixel = strip.GetPixel(2 + (98 * column) + (12 * x), 2 + (98 * row) + (12 * y))
        select c switch { 0 => pixel.Red, 1 => pixel.Green, _ => pixel.Blue };

    private void Same((ImageShape Shape, byte[] Pixels) expected, string path)
    {
        ImageFile.SavePng(scratch["expected.png"], expected.Shape, expected.Pixels);
        Assert.Equal((expected.Shape.Width, expected.Shape.Height), ((int)PngFile.Read(path).Width, (int)PngFile.Read(path).Height));
        Assert.Equal(Pixels(scratch["expected.png"]), Pixels(path));
    }

    private static SKColor[] Pixels(string path)
    {
        using var picture = SKBitmap.Decode(path);
        return picture.Pixels;
    }
}
