using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>inspect, doctor, score and demo.</summary>
public sealed class LookingTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Inspect_knows_every_kind()
    {
        var model = TinyModel.Save(scratch["model"]);
        NpyFile.Write(scratch["x.npy"], new HostTensor([2, 2], [1, 2, 3, float.NaN]));

        var found = ddim.Json("inspect", model);
        var weights = ddim.Json("inspect", Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors"));
        Assert.Equal((int)found["network"]!["parameters"]!, (int)weights["elements"]!);
        Assert.Equal(found["tensors"]!.AsObject().Count, (int)weights["count"]!);
        Assert.Equal("[8, 3, 3, 3]", (string)found["tensors"]!["conv_in.weight"]!);
        Assert.Equal("F32 [8, 3, 3, 3]", (string)weights["tensors"]!["conv_in.weight"]!);
        Assert.Equal((1, 3.0), ((int)ddim.Json("inspect", scratch["x.npy"])["notFinite"]!, (double)ddim.Json("inspect", scratch["x.npy"])["max"]!));
        Assert.Equal("data: builtin:shapes", (string)ddim.Json("inspect", "builtin:shapes")["kind"]!);
        Assert.DoesNotContain("conv_in", ddim.Done("inspect", model), StringComparison.Ordinal);
        Assert.Contains("weight  [8, 3, 3, 3]", ddim.Done("inspect", model, "--tensors"), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_in_files_do_not_steer_the_terminal()
    {
        SafetensorsWriter.Write(scratch["w.safetensors"], [KeyValuePair.Create("a\e[2Jb", new HostTensor([1], [1]))]);
        Directory.CreateDirectory(scratch["photos/c\e[31m"]);
        File.WriteAllText(scratch["photos/c\e[31m/x\ny.png"], "not a picture");

        Assert.Contains("a?[2Jb", ddim.Done("inspect", scratch["w.safetensors"], "--tensors"), StringComparison.Ordinal);
        var (_, output, error) = ddim.Run("data", "check", scratch["photos"]);
        Assert.Contains("x?y.png", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output + error);
    }

    [Fact]
    public void Broken_models_are_code_8()
    {
        var model = TinyModel.Save(scratch["model"]);
        var weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^100]);

        ddim.Fails(ErrorKind.ModelFile, "diffusion_pytorch_model.safetensors", "sample", "--model", model, "--out", scratch["x.png"]);
        ddim.Fails(ErrorKind.ModelFile, "diffusion_pytorch_model.safetensors", "inspect", weights);
        File.WriteAllText(Path.Combine(model, "unet", "config.json"), "{}");
        ddim.Fails(ErrorKind.ModelFile, "config.json", "sample", "--model", model);
        File.Delete(Path.Combine(model, "model_index.json"));
        ddim.Fails(ErrorKind.ModelFile, "model_index.json", "sample", "--model", model);
        Assert.False(File.Exists(scratch["x.png"]));
    }

    [Fact]
    public void Doctor_finds_the_engine_and_the_bundled_model()
    {
        var without = ddim.Json("doctor", "--engine", "cpu");
        TinyModel.Save(Path.Combine(scratch.Root, "models", "shapes-32"));
        var with = new Ddim { ProgramFolder = scratch.Root }.Json("doctor", "--engine", "cpu");

        Assert.Matches("^(128|256|512)-bit vectors, [0-9]+ threads, arithmetic 2$", (string)without["managed engine"]!);
        Assert.StartsWith("on the managed engine", (string)without["training"]!, StringComparison.Ordinal);
        Assert.Null(without["libtorch"]);
        Assert.StartsWith("MISSING", (string)without["bundled model"]!, StringComparison.Ordinal);
        Assert.StartsWith(scratch.Root, (string)with["bundled model"]!, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Doctor_finds_libtorch_where_it_is() => Assert.StartsWith("2.", (string)ddim.Json("doctor")["libtorch"]!, StringComparison.Ordinal);

    [Fact]
    public void Doctor_of_a_build_without_libtorch_does_not_mention_it()
    {
        Assert.SkipWhen(DiffusionSharp.Cli.Optional.TorchPart.IsThere, "this build has libtorch");
        Assert.DoesNotContain("torch", ddim.Done("doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public void Score_counts_drawings_and_refuses_noise()
    {
        var source = new ShapesSource(32, seed: 5);
        var (pixels, label) = (new byte[source.Shape.Elements], new int[1]);
        for (var i = 0; i < 12; i++)
        {
            source.Read(i, pixels, label);
            if (i >= 9)
            {
                new Random(i).NextBytes(pixels);
            }

            ImageFile.SavePng(scratch[$"{i}.png"], source.Shape, pixels);
        }

        var score = ddim.Json("score", scratch.Root, "--nearest", "50", "--seed", "5");
        Assert.Equal((12, 9), ((int)score["pictures"]!, (int)score["recognised"]!));
        Assert.Equal(9, score["shapes"]!.AsObject().Sum(s => (int)s.Value!));
        Assert.Equal(9, score["hues"]!.AsObject().Sum(s => (int)s.Value!));
        Assert.Equal(9, score["nearestTrainingImage"]!.AsArray().Count(d => (double)d! == 0));
        ddim.Done("score", scratch.Root, "--at-least", "75%");
        ddim.Fails(ErrorKind.Data, "75.0 % are recognised, at least 80 %", "score", scratch.Root, "--at-least", "0.8");
    }

    [Fact]
    public void Demo_samples_trains_and_samples_again()
    {
        TinyModel.Save(Path.Combine(scratch.Root, "models", "shapes-32"), size: 16);
        var demo = new Ddim { ProgramFolder = scratch.Root };

        var text = demo.Done("demo", "--out", scratch["demo"], "--steps", "3");

        string[] sheets = ["bundled-05-steps-eta-0", "bundled-10-steps-eta-0", "bundled-20-steps-eta-0", "bundled-50-steps-eta-0", "bundled-50-steps-eta-1", "trained-100-steps-eta-1"];
        Assert.All(sheets, s => Assert.True(File.Exists(Path.Combine(scratch["demo"], s + ".png")) && text.Contains(s, StringComparison.Ordinal)));
        Assert.Equal(16, Directory.GetFiles(Path.Combine(scratch["demo"], sheets[3])).Length);
        Assert.Contains("What to type next", text, StringComparison.Ordinal);

        // The pictures of the bundled model and of the run are made again from their recipes.
        foreach (var picture in (string[])[$"{sheets[0]}.png", $"{sheets[1]}/00000003.png", $"{sheets[5]}.png"])
        {
            demo.Done("sample", "--from", scratch[$"demo/{picture}"], "--out", scratch["again.png"]);
            Assert.Equal(File.ReadAllBytes(scratch[$"demo/{picture}"]), File.ReadAllBytes(scratch["again.png"]));
        }
    }
}
