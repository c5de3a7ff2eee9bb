using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Labels that data brings: nobody meets them who did not ask for classes.</summary>
public sealed class LabelTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 8, 8);
    private static readonly string[] Tiny = ["--size", "8", "--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2", "--steps", "1"];
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    private string Data => scratch["x.parquet"];

    [Fact]
    public async Task Names_and_nulls_are_classes_where_they_are_asked_for()
    {
        await Save(t => t.Texts("label", "dog", null, "cat"));
        ddim.Done(["train", Data, "--dry-run", .. Tiny]);
        ddim.Done(["train", Data, "--classes", "data", "--out", scratch["run"], .. Tiny]);
        var network = Assert.IsType<Networks.UNetConfig>(RunConfig.Read(new RunFolder(scratch["run"]).Config).Network);
        Assert.Equal(["cat", "dog"], network.ClassNames);
        Assert.Equal((3, 2), (network.NumClassEmbeds, network.NullClass));
        ddim.Fails(ErrorKind.Configuration, "label drop above 0", ["train", Data, "--classes", "data", "--label-drop", "0", "--dry-run", .. Tiny]);
        Assert.Contains("labels   none of 1 image", ddim.Done("data", "check", Data), StringComparison.Ordinal);
        Assert.Equal(1, (int)ddim.Json("data", "check", Data)["unlabelled"]!);
    }

    [Fact]
    public async Task What_makes_no_classes_stops_only_who_asks_for_them()
    {
        await Save(t => t.Required("label", 0.5f, 1, 2));
        ddim.Done(["train", Data, "--dry-run", .. Tiny]);
        ddim.Fails(ErrorKind.Data, "make no classes: " + Data + ": its column label holds fractions", ["train", Data, "--classes", "data", "--dry-run", .. Tiny]);
        Assert.Contains("labels   there are some, but they make no classes", ddim.Done("data", "check", Data), StringComparison.Ordinal);
        Assert.Contains("fractions", (string?)ddim.Json("data", "check", Data)["labelProblem"], StringComparison.Ordinal);

        Directory.CreateDirectory(scratch["set"]);
        await File.WriteAllBytesAsync(scratch["set/0.png"], Png(3), TestContext.Current.CancellationToken);
        scratch.Text("set/dataset.json", """{"labels": [["0.png", [1, 0]]]}""");
        ddim.Done(["train", scratch["set"], "--dry-run", .. Tiny]);
        ddim.Fails(ErrorKind.Data, "the label of 0.png is [1, 0]", ["train", scratch["set"], "--classes", "data", "--dry-run", .. Tiny]);
    }

    [Fact]
    public void Labels_beside_images_are_classes_where_they_are_asked_for()
    {
        var set = Pictures("a/x/0.png", "b/x/1.png");
        scratch.Text("set/metadata.jsonl", """
            {"file_name": "a/x/0.png", "label": "dog"}
            {"file_name": "b/x/1.png", "label": "cat"}
            """);
        AssertTrained(["cat", "dog"], "data", Trained("labelled", set, "--classes", "data"));
        ddim.Done("train", "--out", scratch["labelled"], "--steps", "2");
        Assert.Equal("data", RunConfig.Read(new RunFolder(scratch["labelled"]).Config).DataOptions.Classes);
        Assert.Contains("classes  cat: 1, dog: 1", ddim.Done("data", "check", set, "--classes", "data"), StringComparison.Ordinal);

        scratch.Text("set/metadata.jsonl", "{\"file_name\": \"../0.png\", \"label\": 1}");
        ddim.Fails(ErrorKind.Data, "make no classes: metadata.jsonl: line 1: 'file_name' is ../0.png", ["train", set, "--classes", "data", "--dry-run", .. Tiny]);
        ddim.Done(["train", set, "--dry-run", .. Tiny]);
        File.Delete(scratch["set/metadata.jsonl"]);
        ddim.Fails(ErrorKind.Usage, "a metadata.jsonl of lines with file_name and label is expected", ["train", set, "--classes", "data", "--dry-run", .. Tiny]);
    }

    [Fact]
    public void Folders_of_one_name_are_noted_and_top_folders_tell_them_apart()
    {
        var set = Pictures("a/x/0.png", "b/x/1.png");
        var (_, _, error) = ddim.Run(["train", set, "--classes", "folders", "--dry-run", .. Tiny]);
        Assert.Contains("note: the class x is of 2 folders, a/x, b/x; top-folders as classes", error, StringComparison.Ordinal);
        Assert.DoesNotContain("note:", ddim.Run(["train", set, "--dry-run", .. Tiny]).Error, StringComparison.Ordinal);
        Assert.Contains("note     the class x is of 2 folders", ddim.Done("data", "check", set), StringComparison.Ordinal);

        AssertTrained(["a", "b"], "top-folders", Trained("top", set, "--classes", "top-folders"));
        ddim.Done("train", "--out", scratch["top"], "--steps", "2");
        ddim.Fails(ErrorKind.Configuration, "the data's classes are x, the network's are a, b", "train", "--out", scratch["top"], "--classes", "folders", "--steps", "3");
        AssertTrained(["x"], null, Trained("innermost", set, "--classes", "folders"));
    }

    [Theory]
    [InlineData("gray", 1)]
    [InlineData("rgba", 4)]
    public void Pictures_of_other_colours_are_trained_on_and_sampled(string colour, int channels)
    {
        var set = Pictures("0.png", "1.png");
        ddim.Done(["train", set, "--colour", colour, "--out", scratch["run"], "--sample-every", "2", .. Tiny]);
        var config = RunConfig.Read(new RunFolder(scratch["run"]).Config);
        Assert.Equal(channels, config.Network.InputShape.Channels);
        Assert.Contains($"{channels}×8×8", config.DataFingerprint, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(new RunFolder(scratch["run"]).Samples));
        ddim.Done("train", "--out", scratch["run"], "--steps", "2");
        ddim.Fails(ErrorKind.Configuration, "a run keeps its network", "train", "--out", scratch["run"], "--colour", "rgb", "--steps", "3");

        var model = scratch["run/model"];
        ddim.Fails(ErrorKind.Usage, "--colour does not go with --from", ["train", set, "--from", model, "--colour", colour, "--dry-run"]);
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "1", "--out", scratch["one.png"]);
        Assert.Equal(colour == "gray" ? 0 : 6, File.ReadAllBytes(scratch["one.png"])[25]);
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "3", "--out", scratch["sheet.png"]);
        ddim.Done("sequence", "--model", model, "--steps", "2", "--out", scratch["steps.png"]);
        ddim.Done("sequence", "--model", model, "--steps", "2", "--out", scratch["steps.apng"]);
        ddim.Done("sample", "--model", model, "--steps", "2", "--init-image", scratch["set/0.png"], "--strength", "0.5", "--out", scratch["from.png"]);
    }

    [Fact]
    public async Task A_run_keeps_the_column_of_its_images()
    {
        await Save(t => t.Pictures("mask", Png(7), Png(8), Png(9)));
        var (code, _, error) = ddim.Run(["train", Data, "--out", scratch["run"], .. Tiny]);
        Assert.Equal((0, "image"), (code, Column("run")));
        Assert.Contains("images are taken from the column image (--column takes another: mask)", error, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Configuration, "the data changed", "train", "--out", scratch["run"], "--column", "mask", "--steps", "2");

        ddim.Done(["train", Data, "--column", "mask", "--out", scratch["masks"], .. Tiny]);
        ddim.Done("train", "--out", scratch["masks"], "--steps", "2");
        Assert.Equal("mask", Column("masks"));

        // Other data has other columns.
        Directory.CreateDirectory(scratch["set"]);
        await File.WriteAllBytesAsync(scratch["set/0.png"], Png(3), TestContext.Current.CancellationToken);
        ddim.Fails(ErrorKind.Configuration, "the data changed", "train", scratch["set"], "--out", scratch["masks"], "--steps", "3");
        ddim.Fails(ErrorKind.Usage, "no column 'text' of images; those it has are image, mask", ["train", Data, "--column", "text", "--dry-run", .. Tiny]);
    }

    [Fact]
    public async Task Every_verb_that_reads_data_takes_a_column()
    {
        await Save(t => t.Pictures("mask", Png(7), Png(8), Png(9)));
        var model = TinyModel.Save(scratch["model"]);
        Assert.Contains("column   mask (--column takes another: image)", ddim.Done("data", "check", Data, "--column", "mask"), StringComparison.Ordinal);
        Assert.Equal("image", (string?)ddim.Json("data", "check", Data)["column"]);
        Assert.Equal("mask", (string?)ddim.Json("inspect", Data, "--column", "mask")["column"]);
        foreach (var verb in new string[][]
        {
            ["invert", Data, "--model", model, "--steps", "1", "--out", scratch["x.npy"]],
            ["reconstruct", Data, "--model", model, "--steps", "1", "--out", scratch["lost"]],
            ["sample", "--init-image", Data, "--model", model, "--steps", "1", "--strength", "1", "--out", scratch["x.png"]],
        })
        {
            ddim.Done([.. verb, "--column", "mask"]);
            ddim.Fails(ErrorKind.Usage, "those it has are image, mask", [.. verb, "--column", "text"]);
        }

        ddim.Fails(ErrorKind.Usage, "those it has are image, mask", "score", Data, "--column", "text");
        ddim.Fails(ErrorKind.Usage, "give one with --init-image", "sample", "--column", "mask", "--model", model);
    }

    private string Pictures(params string[] names)
    {
        foreach (var (i, name) in names.Index())
        {
            var pixels = new byte[Shape.Elements];
            Array.Fill(pixels, (byte)(40 * i));
            ImageFile.SavePng(scratch[$"set/{name}"], Shape, pixels);
        }

        return scratch["set"];
    }

    private (IEnumerable<string> Names, string? Classes) Trained(string run, string set, params string[] options)
    {
        ddim.Done(["train", set, "--out", scratch[run], .. options, .. Tiny]);
        var config = RunConfig.Read(new RunFolder(scratch[run]).Config);
        return (Assert.IsType<Networks.UNetConfig>(config.Network).ClassNames, config.DataOptions.Classes);
    }

    private static void AssertTrained(string[] names, string? classes, (IEnumerable<string> Names, string? Classes) trained)
    {
        Assert.Equal(names, trained.Names);
        Assert.Equal(classes, trained.Classes);
    }

    private string? Column(string run) => RunConfig.Read(new RunFolder(scratch[run]).Config).DataOptions.Column;

    private Task<string> Save(Func<ParquetTable, ParquetTable> more) =>
        ParquetTable.Save(Data, null, more(new ParquetTable().Pictures("image", Png(1), Png(2), Png(3))));

    private byte[] Png(byte level)
    {
        var pixels = new byte[Shape.Elements];
        Array.Fill(pixels, level);
        ImageFile.SavePng(scratch["one.png"], Shape, pixels);
        return File.ReadAllBytes(scratch["one.png"]);
    }
}
