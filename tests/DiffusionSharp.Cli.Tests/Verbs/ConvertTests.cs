using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Checkpoints of other code bases: converted, and used by every verb as they are.</summary>
public sealed class ConvertTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    private string Out => scratch["out"];

    [Fact]
    public void A_checkpoint_of_the_authors_becomes_two_folders()
    {
        var ckpt = TinyCheckpoint.Ermongroup(scratch["ckpt.pth"]);
        var (code, output, error) = ddim.Run("convert", ckpt, Out, "--layout", "ermongroup", "--about", "image_size=8");

        Assert.Equal(0, code);
        Assert.Matches(@"(?m)^note: .*the linear schedule of DDPM \(.*\) assumed", error);
        Assert.All(
            [
                "ckpt.pth (torch.save (zip), ermongroup/ddim) -> ", "none missing; 145 tensors are no part of the network (0.*: 144, 1.state.0.exp_avg)", "every value the same",
                "checksums are right", "class UNet2DModel: made to open in Hugging Face diffusers", "out/ermongroup: the same weights and config.yml", "sample it: ddim sample --model ",
            ],
            words => Assert.Contains(words, output, StringComparison.Ordinal));
        var card = File.ReadAllText(Path.Combine(Out, "README.md"));
        Assert.All(["converted from `ckpt.pth` (ermongroup/ddim, weights below `4`)", "Assumed, since the file does not say it:", "3×8×8 images"], words => Assert.Contains(words, card, StringComparison.Ordinal));

        // The same pictures from the checkpoint, the folder and the authors' layout.
        var expected = Pixels(ckpt, "--about", "image_size=8");
        Assert.Equal(expected, Pixels(Out));
        Assert.Equal(expected, Pixels(Path.Combine(Out, "ermongroup", "model.safetensors")));
        Assert.NotEqual(expected, Pixels(ckpt, "--about", "image_size=8", "--raw"));
        ddim.Done("convert", ckpt, scratch["raw"], "--raw", "--about", "image_size=8");
        Assert.Equal(Pixels(ckpt, "--about", "image_size=8", "--raw"), Pixels(scratch["raw"]));
    }

    [Fact]
    public void The_report_is_there_for_programs()
    {
        var report = ddim.Json("convert", TinyCheckpoint.Lucidrains(scratch["model-1.pt"]), Out, "--half", "--about", "image_size=8,prediction=v_prediction,noise_schedule=cosine,diffusion_steps=100");

        Assert.Equal(("torch.save (zip)", "denoising-diffusion-pytorch", "LucidrainsUnet"), ((string)report["container"]!, (string)report["layout"]!, (string)report["class"]!));
        Assert.Equal((false, 0, 0), ((bool)report["opensInDiffusers"]!, (int)report["missing"]!, report["unused"]!.AsArray().Count));
        Assert.InRange((double)report["maxDifference"]!, 1e-9, 1.0 / 2048);
        Assert.True((int)report["mapped"]! > 50 && (long)report["values"]! > 1000 && (long)report["verifiedBytes"]! > 4 * (long)report["values"]!);
        Assert.Contains("theta", (string)report["notes"]![0]!, StringComparison.Ordinal);
        Assert.Contains("\"_tensor_names\": \"denoising-diffusion-pytorch\"", File.ReadAllText(Path.Combine(Out, "unet", "config.json")), StringComparison.Ordinal);
        Assert.Equal(3 * 8 * 8, Pixels(Out).Length);
    }

    [Fact]
    public void A_class_conditional_model_of_OpenAI_samples_its_classes_with_its_variance()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        string[] about = ["--about", TinyCheckpoint.GuidedAbout];
        ddim.Done(["convert", guided, Out, .. about]);

        Assert.Equal(Pixels(guided, [.. about, "--class", "2", "--eta", "learned"]), Pixels(Out, "--class", "2", "--eta", "learned"));
        Assert.NotEqual(Pixels(Out, "--class", "2"), Pixels(Out, "--class", "1"));
        ddim.Fails(ErrorKind.Usage, "0…2", ["sample", "--model", guided, .. about, "--class", "3"]);
        var network = ddim.Json(["inspect", guided, .. about])["network"]!;
        Assert.Equal((3, "3×8×8", "6×8×8"), ((int)network["classes"]!, (string)network["images"]!, (string)network["output"]!));
    }

    [Fact]
    public void A_recipe_remembers_what_was_told()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        ddim.Done("sample", "--model", guided, "--about", TinyCheckpoint.GuidedAbout, "--steps", "2", "--count", "2", "--out", scratch["a.png"]);
        ddim.Done("sample", "--from", scratch["a.png"], "--out", scratch["b.png"]);

        Assert.Equal(File.ReadAllBytes(scratch["a.png"]), File.ReadAllBytes(scratch["b.png"]));
        Assert.Contains("num_head_channels=16", ddim.Done("inspect", scratch["a.png"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_verbs_take_a_checkpoint_too()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        string[] model = ["--model", guided, "--about", TinyCheckpoint.GuidedAbout];
        NpyFile.Write(scratch["x.npy"], new HostTensor([1, 3, 8, 8], new float[192]));

        ddim.Done(["predict", .. model, "--input", scratch["x.npy"], "--timesteps", "3", "--labels", "1", "--output", scratch["y.npy"]]);
        Assert.Equal([1, 6, 8, 8], NpyFile.ReadFloat64(scratch["y.npy"]).Shape);
        Assert.Contains("2 network calls", ddim.Done(["plan", .. model, "--steps", "2"]), StringComparison.Ordinal);
        ddim.Done(["export", .. model, "--out", scratch["m.onnx"]]);
        Assert.True(new FileInfo(scratch["m.onnx"]).Length > 1000);
    }

    [Fact]
    public void Training_goes_on_from_a_checkpoint()
    {
        var module = new TestKit.Files.ErmongroupFlags { ImageSize = 16, AttnResolutions = [16] }.Module();
        TinyCheckpoint.Zip(scratch["ckpt.pth"], module.Values());
        ddim.Done("train", "builtin:shapes", "--from", scratch["ckpt.pth"], "--steps", "1", "--batch", "2", "--lr", "1e-30", "--out", scratch["run"]);

        // As good as nothing was learned: the run exports the checkpoint, with its own card.
        ddim.Done("convert", scratch["run"], Out, "--raw");
        Assert.Contains("ddim train builtin:shapes", File.ReadAllText(Path.Combine(Out, "README.md")), StringComparison.Ordinal);
        using var found = ModelSource.Open(Out).OpenWeights();
        using var expected = ModelSource.Open(scratch["ckpt.pth"]).OpenWeights();
        Assert.All(expected.ReadAll().Zip(found.ReadAll()), p => Assert.Equal(p.First.Value.Data, p.Second.Value.Data, (a, b) => Math.Abs(a - b) < 1e-20f));
        ddim.Fails(ErrorKind.Usage, "a training run; give another folder", "convert", Out, scratch["run"]);
    }

    [Fact]
    public void What_cannot_be_converted_is_said()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        string[] about = ["--about", TinyCheckpoint.GuidedAbout];
        ddim.Fails(ErrorKind.ModelFile, "tell it among the facts about it (num_head_channels=64,image_size=64", "convert", guided, Out);
        ddim.Fails(ErrorKind.Configuration, "the DDIM authors' code has no such network", ["convert", guided, Out, .. about, "--layout", "ermongroup"]);
        ddim.Fails(ErrorKind.Usage, "there is no such key", "convert", guided, Out, "--about", "heads=4");
        ddim.Fails(ErrorKind.ModelFile, "no model folder or checkpoint file", "convert", scratch["nothing"], Out);
        ddim.Fails(ErrorKind.Usage, "--layout", "convert", guided, Out, "--layout", "keras");
        ddim.Fails(ErrorKind.Usage, "OUT", "convert", guided);
        ddim.Fails(ErrorKind.ModelFile, "none of the networks that are known", "convert", TinyCheckpoint.Zip(scratch["own.pt"], [KeyValuePair.Create("conv.weight", new HostTensor([1], [1]))]), Out);
        ddim.Fails(ErrorKind.Usage, "is the source itself", "convert", TinyModel.Save(scratch["model"]), scratch["model"]);
        ddim.Fails(ErrorKind.Usage, "leave out what is told about it", "convert", scratch["model"], Out, "--about", "noise_schedule=linear");
        ddim.Fails(ErrorKind.Usage, "a file of this name is there", ["convert", guided, scratch.Text("file", "mine"), .. about]);
        Assert.Equal("mine", File.ReadAllText(scratch["file"]));
        Assert.False(Directory.Exists(Out));
    }

    private double[] Pixels(string model, params string[] more)
    {
        ddim.Done(["sample", "--model", model, "--steps", "2", "--count", "1", "--no-clip", "--dump", scratch["x.npy"], .. more]);
        return NpyFile.ReadFloat64(scratch["x.npy"]).Values;
    }
}
