using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using TestKit.Files;
using TestKit.Networks;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Models as other programs leave them: averages, schedulers of other classes, networks of no size, values beside the weights.</summary>
public sealed class StrangersModelTests : IDisposable
{
    private static readonly UNetConfig Small = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 4, [1, 2], 1, []) with { NormNumGroups = 2 };
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Another_scheduler_plans_and_says_which_solver_is_its_own()
    {
        var model = Model();
        scratch.Text(
            "m/scheduler/scheduler_config.json",
            """{"_class_name": "UniPCMultistepScheduler", "lambda_min_clipped": -Infinity, "num_train_timesteps": 200, "prediction_type": "sample", "solver_order": 3}""");
        var (code, output, error) = ddim.Run("plan", "--model", model, "--steps", "4");
        Assert.True(code == 0, error);
        Assert.Contains("199", output, StringComparison.Ordinal);
        Assert.Contains("UniPCMultistepScheduler", error, StringComparison.Ordinal);
        Assert.Contains("solver unipc3", error, StringComparison.Ordinal);
        Assert.Equal((200, "Sample"), ((int)ddim.Json("inspect", model)["schedule"]!["T"]!, (string)ddim.Json("inspect", model)["schedule"]!["predicts"]!));
    }

    [Fact]
    public void A_size_that_the_file_does_not_say_is_told()
    {
        var model = Model();
        var config = scratch["m/unet/config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"sample_size\": 8", "\"sample_size\": null", StringComparison.Ordinal));
        string[] sample = ["sample", "--model", model, "--steps", "2", "--count", "1", "--out", scratch["a.png"]];
        ddim.Fails(ErrorKind.ModelFile, "image_size=64", sample);
        ddim.Done([.. sample, "--size", "16x8"]);
        ddim.Done([.. sample[..^1], scratch["b.png"], "--about", "image_size=16x8", "--size", "16x8"]);
        ddim.Fails(ErrorKind.Usage, "two sizes", [.. sample, "--about", "image_size=16", "--size", "8"]);
        Assert.Equal("3×16×8", (string)ddim.Json("inspect", model, "--size", "16x8")["network"]!["images"]!);

        // A picture remembers it.
        ddim.Done("sample", "--from", scratch["a.png"], "--out", scratch["c.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["c.png"]));
    }

    [Fact]
    public void Every_verb_refuses_an_average_that_is_not_there()
    {
        var model = Model();
        foreach (var verb in (string[][])[["sample", "--model", model, "--out", scratch["a.png"]], ["inspect", model], ["convert", model, scratch["c"]], ["export", "--model", model, "--out", scratch["m.onnx"]]])
        {
            ddim.Fails(ErrorKind.Usage, "do not ask for one (ema)", [.. verb, "--ema"]);
        }

        ddim.Fails(ErrorKind.Usage, "no moving average", "inspect", TinyCheckpoint.Guided(scratch["g.pt"]), "--ema");
    }

    [Fact]
    public void A_checkpoint_of_diffusers_says_what_it_offers()
    {
        Network("checkpoint-5/unet");
        Network("checkpoint-5/unet_ema");
        var found = ddim.Json("inspect", scratch["checkpoint-5"]);
        Assert.Contains("unet_ema", (string)found["weights"]!, StringComparison.Ordinal);
        Assert.Contains("unet_ema, the moving average (ema), and unet, the weights themselves (raw)", (string)found["assumed"]![0]!, StringComparison.Ordinal);
        Assert.DoesNotContain("unet_ema", (string)ddim.Json("inspect", scratch["checkpoint-5"], "--raw")["weights"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_beside_the_weights_is_listed()
    {
        var pickle = new PickleWriter().Do("}(").Text("w").Plain().Text("steps").Call("collections", "Counter", p => p.Do("}"))
            .Text("out").Call("pathlib", "PosixPath", p => p.Text("o")).Do("u").Stop();
        File.WriteAllBytes(scratch["a.pt"], TorchWriter.Zip(pickle, ("0", new byte[16])).ToBytes());
        var found = ddim.Json("inspect", scratch["a.pt"]);
        Assert.Equal(["collections.Counter", "pathlib.PosixPath"], found["notRead"]!.AsArray().Select(n => (string)n!));
        Assert.Equal("(pathlib.PosixPath, not read)", (string)found["values"]!["out"]!);
        Assert.Contains("collections.Counter, pathlib.PosixPath", ddim.Done("inspect", scratch["a.pt"]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_optimizers_file_says_that_it_is_one()
    {
        TinyCheckpoint.Zip(scratch["optimizer.bin"], [KeyValuePair.Create("state.0.exp_avg", new HostTensor([2], [1, 2])), KeyValuePair.Create("state.0.step", new HostTensor([], [1]))]);
        Assert.Contains("the state of an optimizer", (string)ddim.Json("inspect", scratch["optimizer.bin"])["networks"]!, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.ModelFile, "the state of an optimizer", "sample", "--model", scratch["optimizer.bin"], "--out", scratch["a.png"]);
    }

    private string Model()
    {
        ModelFolder.Save(scratch["m"], Small, new SchedulerConfig(), RandomWeights.Create(Small.Build(), 1));
        return scratch["m"];
    }

    private void Network(string name)
    {
        Directory.CreateDirectory(scratch[name]);
        File.WriteAllText(scratch[$"{name}/config.json"], UNetConfigJson.ToJson(Small));
        SafetensorsWriter.Write(scratch[$"{name}/diffusion_pytorch_model.safetensors"], RandomWeights.Create(Small.Build(), 1));
    }
}
