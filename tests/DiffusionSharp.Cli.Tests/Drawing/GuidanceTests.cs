using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Cli.Tests.Drawing;

/// <summary>Guidance at some levels only, by a weaker model, and by a classifier: from the command line to the recipe.</summary>
public sealed class GuidanceTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public GuidanceTests() => model = TinyModel.Save(scratch["model"], classes: 3, guided: true);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void An_interval_guides_the_levels_in_it()
    {
        // Five levels, of which σ is above 1 at the first four.
        Assert.Equal(10, Calls("--guidance", "3"));
        Assert.Equal(10, Calls("--guidance", "3", "--guidance-interval", "0,1e9"));
        var some = Calls("--guidance", "3", "--guidance-interval", "0,1");
        Assert.InRange(some, 6, 9);
        Assert.Equal(15 - some, Calls("--guidance", "3", "--guidance-interval", "1.0001,1e9"));
        Assert.Equal(Draw("--guidance", "3"), Draw("--guidance", "3", "--guidance-interval", "0,1e9"));
        Assert.NotEqual(Draw("--guidance", "3"), Draw("--guidance", "3", "--guidance-interval", "0,1"));
        IsMadeAgain("--guidance", "3", "--guidance-interval", "0,1");

        Fails(ErrorKind.Usage, "that is 1, which leads nowhere", "--guidance-interval", "0,1");
        Fails(ErrorKind.Usage, "two sigmas", "--guidance", "2", "--guidance-interval", "1");
        Fails(ErrorKind.Usage, "goes from 0.0", "--guidance", "2", "--guidance-interval", "3,1");
        Fails(ErrorKind.Usage, "goes from 0.0", "--guidance", "2", "--guidance-interval", "1e6,1e7");
    }

    [Fact]
    public void A_weaker_model_is_led_away_from()
    {
        var weak = TinyModel.Save(scratch["weak"], classes: 3, seed: 2);
        Assert.Equal(10, Calls("--guidance", "2", "--guide-with", weak));
        Assert.NotEqual(Draw("--guidance", "2", "--guide-with", weak), Draw("--guidance", "2"));
        Assert.Equal(Draw("--guidance", "0", "--guide-with", weak), Draw("--model", weak));
        IsMadeAgain("--guidance", "2", "--guide-with", weak);
        Directory.Delete(weak, recursive: true);
        ddim.Fails(ErrorKind.ModelFile, "say with --guide-with where it is", "sample", "--from", scratch["made.png"], "--out", scratch["x.png"]);
        TinyModel.Save(weak, classes: 3, seed: 3);
        Assert.Contains("the files it is made from are others", ddim.Done("sample", "--from", scratch["made.png"], "--out", scratch["x.png"]), StringComparison.Ordinal);

        Fails(ErrorKind.Usage, "leads nowhere", "--guide-with", weak);
        Fails(ErrorKind.Usage, "its images are 3×16×16", "--guidance", "2", "--guide-with", TinyModel.Save(scratch["large"], size: 16, classes: 3));
        Fails(ErrorKind.Usage, "knows 4 classes", "--guidance", "2", "--guide-with", TinyModel.Save(scratch["other"], classes: 4));
        Fails(ErrorKind.ModelFile, "nowhere", "--guidance", "2", "--guide-with", scratch["nowhere"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("hat")]
    public void A_classifier_leads_to_its_classes(string eta)
    {
        var classifier = TinyCheckpoint.Classifier(scratch["classifier.pt"]);
        string[] how = ["--eta", eta, "--class", "1"];
        Assert.Equal(Draw(how), Draw([.. how, "--classifier", classifier, "--classifier-scale", "0"]));
        Assert.NotEqual(Draw(how), Draw([.. how, "--classifier", classifier, "--classifier-scale", "20"]));
        IsMadeAgain([.. how, "--classifier", classifier, "--classifier-scale", "20"]);

        // A model without classes has those of the classifier.
        var plain = TinyModel.Save(scratch["plain"]);
        Assert.NotEqual(Draw(["--model", plain, "--classifier", classifier, .. how]), Draw(["--model", plain, "--classifier", classifier, "--eta", eta, "--class", "2"]));
        Fails(ErrorKind.Usage, "give a number in 0…2", "--model", plain, "--classifier", classifier, "--class", "3");
        TinyCheckpoint.Classifier(scratch["classifier.pt"], classes: 4);
        ddim.Fails(ErrorKind.Data, "that file has changed", "sample", "--from", scratch["made.png"], "--out", scratch["x.png"]);
        Fails(ErrorKind.Usage, "knows 4 classes, the model", "--classifier", classifier);
        Fails(ErrorKind.ModelFile, "another size than 3×8×8", "--classifier", TinyCheckpoint.Classifier(scratch["large.pt"], size: 16));
        Fails(ErrorKind.ModelFile, "no classifier of guided-diffusion", "--classifier", TinyCheckpoint.Guided(scratch["unet.pt"]));
        Fails(ErrorKind.Usage, "give --classifier, too", "--classifier-scale", "2");
        Fails(ErrorKind.Usage, "must be a finite number", "--classifier", TinyCheckpoint.Classifier(scratch["again.pt"]), "--classifier-scale", "NaN");
    }

    [Fact]
    public void A_sequence_shows_them()
    {
        var classifier = TinyCheckpoint.Classifier(scratch["classifier.pt"]);
        ddim.Done("sample", "--model", model, "--steps", "3", "--count", "1", "--guidance", "2", "--guidance-interval", "0,1", "--classifier", classifier, "--out", scratch["one.png"]);
        Assert.DoesNotContain("note:", ddim.Done("sequence", "--from", scratch["one.png"], "--out", scratch["strip.png"]), StringComparison.Ordinal);
    }

    private int Calls(params string[] more) => (int)Sample("calls.png", more)["networkCalls"]!;

    private float[] Draw(params string[] more)
    {
        Sample("drawn.png", [.. more, "--dump", scratch["x.npy"]]);
        return NpyFile.ReadFloat32(scratch["x.npy"]).Data;
    }

    private void IsMadeAgain(params string[] more)
    {
        Sample("made.png", more);
        Assert.DoesNotContain("note:", ddim.Done("sample", "--from", scratch["made.png"], "--out", scratch["again.png"]), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(scratch["made.png"]), File.ReadAllBytes(scratch["again.png"]));
    }

    private JsonNode Sample(string name, string[] more) => ddim.Json(Arguments(name, more));

    private void Fails(ErrorKind kind, string words, params string[] more) => ddim.Fails(kind, words, Arguments("x.png", more));

    private string[] Arguments(string name, string[] more) =>
        ["sample", .. more.Contains("--model") ? [] : (string[])["--model", model], "--steps", "5", "--count", "2", "--out", scratch[name], .. more];
}
