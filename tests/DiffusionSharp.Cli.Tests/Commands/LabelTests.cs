using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Commands;

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
    public async Task NamesAndNullsAreClassesWhereTheyAreAskedFor()
    {
        await Save(t => t.Texts("label", "dog", null, "cat"));
        ddim.Done(["train", Data, "--dry-run", .. Tiny]);
        ddim.Done(["train", Data, "--classes", "data", "--out", scratch["run"], .. Tiny]);
        var network = Assert.IsType<Networks.UNetConfig>(RunConfig.Read(new RunFolder(scratch["run"]).Config).Network);
        Assert.Equal(["cat", "dog"], network.ClassNames);
        Assert.Equal((3, 2), (network.NumClassEmbeds, network.NullClass));
        ddim.Fails(ErrorKind.Configuration, "--label-drop above 0", ["train", Data, "--classes", "data", "--label-drop", "0", "--dry-run", .. Tiny]);
        Assert.Contains("labels   none of 1 image", ddim.Done("data", "check", Data), StringComparison.Ordinal);
        Assert.Equal(1, (int)ddim.Json("data", "check", Data)["unlabelled"]!);
    }

    [Fact]
    public async Task WhatMakesNoClassesStopsOnlyWhoAsksForThem()
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
    public async Task ARunKeepsTheColumnOfItsImages()
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
    public async Task EveryVerbThatReadsDataTakesAColumn()
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
