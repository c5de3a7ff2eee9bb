using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Drawing;

/// <summary><c>--engine</c>, <c>--weights</c>, and what a recipe says of them.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public EngineTests()
    {
        model = TinyModel.Save(scratch["model"]);
        ddim.Environment.Remove("DDIM_THREADS");
    }

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Managed_engine_gives_the_same_file_in_any_batch_with_any_threads()
    {
        Sample("one.png", "--count", "5", "--batch", "1", "--threads", "1");
        foreach (var (batch, threads) in ((int, int)[])[(2, 2), (5, 3), (16, 0)])
        {
            Sample("other.png", "--count", "5", "--batch", $"{batch}", "--threads", $"{threads}");
            Assert.Equal(File.ReadAllBytes(scratch["one.png"]), File.ReadAllBytes(scratch["other.png"]));
        }

        var recipe = Recipe("one.png");
        Assert.Equal("managed engine, arithmetic 2, float32 weights", (string)recipe["engine"]!);
        Assert.Equal(["count", "engine", "eta", "model", "seed", "steps"], recipe["options"]!.AsObject().Select(o => o.Key));
        Assert.DoesNotContain("note:", ddim.Done("sample", "--from", scratch["one.png"], "--threads", "2", "--batch", "3", "--out", scratch["x.png"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Picture_of_a_folder_is_drawn_without_its_company()
    {
        Sample("all", "--count", "5", "--batch", "5");
        ddim.Done("sample", "--from", scratch["all/00000003.png"], "--out", scratch["one.png"], "--batch", "1");

        Assert.Equal(File.ReadAllBytes(scratch["all/00000003.png"]), File.ReadAllBytes(scratch["one.png"]));
        File.Delete(scratch["all/00000001.png"]);
        File.Delete(scratch["all/00000004.png"]);
        var again = ddim.Json("sample", "--model", model, "--steps", "3", "--eta", "1", "--count", "5", "--batch", "1", "--out", scratch["all"]);
        Assert.Equal((3, 6), ((int)again["alreadyThere"]!, (int)again["callsMade"]!));
    }

    [TorchFact]
    public void Engines_agree_up_to_rounding()
    {
        Sample("sheet.png", "--count", "3", "--dump", scratch["cpu.npy"]);
        Sample("sheet.png", "--count", "3", "--engine", "torch", "--threads", "1", "--dump", scratch["torch.npy"]);

        var (ours, theirs) = (NpyFile.ReadFloat32(scratch["cpu.npy"]).Data, NpyFile.ReadFloat32(scratch["torch.npy"]).Data);
        Assert.NotEqual(ours, theirs);
        Assert.All(ours.Zip(theirs), p => Assert.Equal(p.Second, p.First, 1e-4));
        Assert.StartsWith("libtorch ", (string)Recipe("sheet.png")["engine"]!, StringComparison.Ordinal);
        Assert.Equal("torch", (string)Recipe("sheet.png")["options"]!["engine"]!);
    }

    // What pictures carried before there was a choice.
    [TorchFact]
    public void Recipe_that_names_libtorch_is_made_again_by_it()
    {
        Sample("new.png", "--count", "2", "--engine", "torch", "--threads", "1", "--dump", scratch["new.npy"]);
        var old = Recipe("new.png");
        Assert.True(old["options"]!.AsObject().Remove("engine"));
        ImageFile.SavePng(scratch["old.png"], new ImageShape(1, 1, 1), [(byte)7], new Dictionary<string, string> { [DiffusionSharp.Cli.Recipes.Recipe.Key] = old.ToJsonString() });

        Assert.DoesNotContain("note:", ddim.Done("sample", "--from", scratch["old.png"], "--dump", scratch["again.npy"]), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(scratch["new.npy"]), File.ReadAllBytes(scratch["again.npy"]));
        var managed = ddim.Done("sample", "--from", scratch["old.png"], "--engine", "cpu", "--dump", scratch["again.npy"]);
        Assert.Contains("note: the picture was made by libtorch", managed, StringComparison.Ordinal);
        Assert.NotEqual(File.ReadAllBytes(scratch["new.npy"]), File.ReadAllBytes(scratch["again.npy"]));
    }

    [Fact]
    public void Weights_of_sixteen_bits_are_part_of_the_recipe()
    {
        Sample("full", "--count", "2");
        foreach (var weights in (string[])["half", "bfloat16"])
        {
            Sample("small.png", "--count", "2", "--weights", weights, "--dump", scratch["small.npy"]);
            Assert.Equal($"managed engine, arithmetic 2, {weights} weights", (string)Recipe("small.png")["engine"]!);
            ddim.Done("sample", "--from", scratch["small.png"], "--out", scratch["again.png"]);
            Assert.Equal(File.ReadAllBytes(scratch["small.png"]), File.ReadAllBytes(scratch["again.png"]));
            ddim.Fails(ErrorKind.Usage, "was made by another recipe", "sample", "--model", model, "--steps", "3", "--eta", "1", "--weights", weights, "--count", "2", "--out", scratch["full"]);
        }
    }

    [Theory]
    [InlineData("--engine cpu and --device cuda:0 contradict each other", "--engine", "cpu", "--device", "cuda:0")]
    [InlineData("--weights and --engine torch contradict each other", "--engine", "torch", "--weights", "half")]
    [InlineData("--weights and --device cuda contradict each other", "--device", "cuda", "--weights", "half")]
    [InlineData("--engine: found 'onnx'; choose among cpu, torch", "--engine", "onnx")]
    [InlineData("--weights: found 'int8'; choose among float32, bfloat16, half", "--weights", "int8")]
    [InlineData("--threads: found -1", "--threads", "-1")]
    public void Contradictions_are_usage_errors(string words, params string[] options) =>
        ddim.Fails(ErrorKind.Usage, words, ["sample", "--model", model, .. options, "--out", scratch["x.png"]]);

    [TorchFact]
    public void Unknown_device_is_a_usage_error() =>
        ddim.Fails(ErrorKind.Usage, "device 'gpu' is unknown", "sample", "--model", model, "--device", "gpu", "--out", scratch["x.png"]);

    [Fact]
    public void A_build_without_libtorch_says_so()
    {
        Assert.SkipWhen(DiffusionSharp.Cli.Optional.TorchPart.IsThere, "this build has libtorch");
        foreach (var asked in new string[][] { ["--engine", "torch"], ["--device", "cuda"] })
        {
            ddim.Fails(ErrorKind.Device, "this build has no libtorch", ["sample", "--model", model, .. asked, "--out", scratch["x.png"]]);
            ddim.Fails(ErrorKind.Device, "-p:TorchBackend=cpu or =cuda", ["train", "builtin:shapes", "--size", "16", "--steps", "1", .. asked, "--out", scratch["run"]]);
        }

        Assert.False(Directory.Exists(scratch["run"]));
    }

    // No machine of the tests has a GPU: that one is looked for shows that libtorch was chosen.
    [TorchFact]
    public void Higher_source_drops_the_engine_it_excludes()
    {
        Sample("sheet.png", "--count", "1", "--weights", "half");
        ddim.Fails(ErrorKind.Device, "device 'cuda'", "sample", "--from", scratch["sheet.png"], "--device", "cuda", "--out", scratch["x.png"]);
        ddim.Environment["DDIM_DEVICE"] = "cuda";
        Sample("sheet.png", "--count", "1", "--engine", "cpu");
        ddim.Environment["DDIM_WEIGHTS"] = "half";
        ddim.Environment.Remove("DDIM_DEVICE");
        Sample("sheet.png", "--count", "1", "--engine", "torch", "--threads", "1");
    }

    private void Sample(string name, params string[] how) => ddim.Done(["sample", "--model", model, "--steps", "3", "--eta", "1", "--out", scratch[name], .. how]);

    private JsonNode Recipe(string name) => JsonNode.Parse(PngFile.Read(scratch[name]).Text[DiffusionSharp.Cli.Recipes.Recipe.Key])!;
}
