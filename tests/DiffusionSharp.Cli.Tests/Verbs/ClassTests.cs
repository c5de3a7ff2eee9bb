using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Class labels from training to the sampled picture.</summary>
public sealed class ClassTests : IDisposable
{
    private static readonly string[] Tiny = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "4"];
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    private string Run => scratch["run"];

    private string Model => Path.Combine(Run, "model");

    [Fact]
    public void Classes_are_learned_saved_and_asked_for_by_name()
    {
        string[] train = ["train", "builtin:shapes", "--classes", "data", "--size", "16", "--lr", "0.01", "--ema", "0.5", "--sample-every", "40", "--out", Run, .. Tiny];
        ddim.Done([.. train, "--steps", "20"]);
        ddim.Done([.. train, "--steps", "21"]);
        ddim.Done("train", "--out", Run, "--steps", "22");

        var saved = RunConfig.Read(new RunFolder(Run).Config);
        var unet = Assert.IsType<Networks.UNetConfig>(saved.Network);
        Assert.Equal((7, 6, 6, 0.1), (unet.NumClassEmbeds, unet.NullClass, unet.ClassNames.Count, saved.Training.LabelDrop));
        Assert.Equal(88, Checkpoint.ReadState(new RunFolder(Run).Latest()!).Images);
        Assert.NotEmpty(Directory.GetFiles(new RunFolder(Run).Samples));
        var network = ddim.Json("inspect", Model)["network"]!;
        Assert.Equal((6, "ring", 6), ((int)network["classes"]!, (string)network["classNames"]![4]!, (int)network["nullClass"]!));
        Assert.Contains("disc, square, triangle, star, ring, cross", ddim.Done("inspect", Run), StringComparison.Ordinal);
        var card = File.ReadAllText(Path.Combine(Model, "README.md"));
        Assert.All(["Classes: disc, square", "10 % of the labels", "--class \"disc\" --guidance 2", "class_labels"], words => Assert.Contains(words, card, StringComparison.Ordinal));

        Assert.Equal(Draw(Run, "--class", "ring"), Draw(Model, "--class", "4"));
        Assert.Equal(Draw(Model, "--class", "Star,disc"), Draw(Model, "--labels", "3,0"));
        Assert.NotEqual(Draw(Model, "--class", "ring"), Draw(Model, "--class", "star"));
        ddim.Fails(ErrorKind.Usage, "did you mean ring?", "sample", "--model", Model, "--class", "rung");
        ddim.Fails(ErrorKind.Usage, "give a number in 0…5 or a name of disc, square", "sample", "--model", Model, "--class", "6");
        ddim.Fails(ErrorKind.Configuration, "training.labelDrop: 0.1 → 0.2", "train", "--out", Run, "--label-drop", "20%");

        FineTuneOn("builtin:shapes");
        Assert.Equal(6, Assert.IsType<Networks.UNetConfig>(RunConfig.Read(new RunFolder(scratch["tuned"]).Config).Network).NullClass);
    }

    [Fact]
    public void Folders_are_classes()
    {
        SavePictures("photos/cats, big", 2);
        SavePictures("photos/dogs", 2);
        ddim.Done(["train", scratch["photos"], "--classes", "folders", "--label-drop", "0", "--size", "8", "--steps", "1", "--out", Run, .. Tiny]);

        var unet = (UNetConfig)ModelFolder.Open(Model).Network;
        Assert.Equal((2, (int?)null, 2), (unet.NumClassEmbeds, unet.NullClass, unet.ClassNames.Count));
        Assert.Equal(Draw(Model, "--class", "cats, big"), Draw(Model, "--class", "0"));
        ddim.Fails(ErrorKind.Usage, "no null class", "sample", "--model", Model, "--guidance", "2", "--out", scratch["x.png"]);
        ddim.Fails(ErrorKind.Configuration, "no null class", "train", "--out", Run, "--label-drop", "0.5", "--steps", "2");

        // The same pictures, but one is of another class now.
        File.Move(scratch["photos/dogs/0.png"], scratch["photos/cats, big/9.png"]);
        ddim.Fails(ErrorKind.Configuration, "the data changed", "train", "--out", Run, "--steps", "2");
        Directory.Move(scratch["photos/dogs"], scratch["photos/wolves"]);
        ddim.Fails(ErrorKind.Configuration, "the data's classes are cats, big, wolves, the network's are cats, big, dogs", "train", "--out", Run, "--steps", "2");

        // What is fine-tuned learns the classes of the new data.
        FineTuneOn(scratch["photos"]);
        Assert.Equal(["cats, big", "wolves"], ModelSourceNames(scratch["tuned"]));
    }

    [Fact]
    public void Guidance_calls_the_network_twice_and_is_in_the_recipe()
    {
        var model = TinyModel.Save(scratch["model"], classes: 3, guided: true);
        JsonNode Sample(string name, params string[] more) =>
            ddim.Json(["sample", "--model", model, "--steps", "3", "--count", "3", "--out", scratch[name], .. more]);

        var plain = Sample("plain.png");
        var one = Sample("one.png", "--guidance", "1");
        var three = Sample("three.png", "--guidance", "3", "--batch", "2");
        Assert.Equal((3, 3), ((int)plain["networkCalls"]!, (int)one["networkCalls"]!));
        Assert.Equal((6, 12), ((int)three["networkCalls"]!, (int)three["callsMade"]!));
        Assert.Equal(Draw(model), Draw(model, "--guidance", "1"));
        ddim.Done("sample", "--from", scratch["three.png"], "--out", scratch["again.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["three.png"]), File.ReadAllBytes(scratch["again.png"]));
        Assert.Contains("6 network calls each", ddim.Done("sample", "--model", model, "--steps", "3", "--guidance", "2", "--out", scratch["x.png"]), StringComparison.Ordinal);
        Assert.Equal(Draw(model, "--guidance", "0", "--class", "1"), Draw(model, "--guidance", "0"));
        Assert.NotEqual(Draw(model, "--class", "1"), Draw(model, "--guidance", "0"));

        Assert.Equal(6, (int)ddim.Json("interpolate", "--model", model, "--steps", "3", "--frames", "2", "--guidance", "2", "--out", scratch["i.png"])["networkCalls"]!);
        Assert.Equal(6, (int)ddim.Json("invert", scratch["x.png"], "--model", model, "--steps", "3", "--guidance", "2", "--out", scratch["z.npy"])["networkCalls"]!);
        ddim.Done("sample", "--model", model, "--steps", "2", "--guidance", "2", "--count", "2", "--out", scratch["folder"]);
        ddim.Fails(ErrorKind.Usage, "made by another recipe", "sample", "--model", model, "--steps", "2", "--guidance", "3", "--count", "2", "--out", scratch["folder"]);
        ddim.Fails(ErrorKind.Usage, "must be a finite number", "sample", "--model", model, "--guidance", "NaN", "--out", scratch["x.png"]);
        ddim.Fails(ErrorKind.Usage, "no null class", "sample", "--model", TinyModel.Save(scratch["plain"]), "--guidance", "0", "--out", scratch["x.png"]);
    }

    [Fact]
    public void Classes_that_are_not_there_are_refused()
    {
        SavePictures("loose", 2);
        SavePictures("loose/cats", 2);
        string[] train = ["train", "--dry-run", "--steps", "1", "--size", "16", .. Tiny];
        ddim.Fails(ErrorKind.Usage, "--classes data takes", [.. train, "builtin:shapes", "--classes", "folders"]);
        ddim.Fails(ErrorKind.Usage, "--classes folders takes", [.. train, scratch["loose"], "--classes", "data"]);
        ddim.Fails(ErrorKind.Usage, "not every image", [.. train, scratch["loose"], "--classes", "folders"]);
        ddim.Fails(ErrorKind.Usage, "give --classes, too", [.. train, "builtin:shapes", "--label-drop", "0.1"]);
        ddim.Fails(ErrorKind.Usage, "write a part", [.. train, "builtin:shapes", "--classes", "data", "--label-drop", "1.5"]);
        ddim.Fails(ErrorKind.Usage, "choose among folders, top-folders, data", [.. train, "builtin:shapes", "--classes", "yes"]);
        ddim.Done(["train", "builtin:shapes", "--size", "16", "--steps", "1", "--out", Run, .. Tiny]);
        ddim.Fails(ErrorKind.Configuration, "the run was begun without classes", "train", "--out", Run, "--classes", "data");
        var model = TinyModel.Save(scratch["model"], classes: 2);
        ddim.Fails(ErrorKind.Usage, "--classes does not go with --from", "train", "builtin:shapes", "--from", model, "--out", scratch["new"], "--classes", "data");
        ddim.Fails(ErrorKind.Configuration, "6 classes, the network knows 2", "train", "builtin:shapes", "--from", TinyModel.Save(scratch["large"], size: 16, classes: 2), "--out", scratch["new"]);
    }

    private void FineTuneOn(string data) =>
        ddim.Done("train", data, "--from", Model, "--out", scratch["tuned"], "--batch", "2", "--steps", "1");

    private static IReadOnlyList<string> ModelSourceNames(string path) => Models.ModelSource.Open(path).Network.ClassNames;

    private float[] Draw(string model, params string[] more)
    {
        ddim.Done(["sample", "--model", model, "--steps", "2", "--count", "2", "--dump", scratch["x.npy"], .. more]);
        return NpyFile.ReadFloat32(scratch["x.npy"]).Data;
    }

    private void SavePictures(string folder, int count)
    {
        var pixels = new byte[3 * 16 * 16];
        for (var i = 0; i < count; i++)
        {
            new ShapesSource(16).Read(i, pixels, new int[1]);
            ImageFile.SavePng(Path.Combine(scratch[folder], $"{i}.png"), new ImageShape(3, 16, 16), pixels);
        }
    }
}
