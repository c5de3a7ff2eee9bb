using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Data;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary><c>ddim train --from</c>: what training begins with.</summary>
public sealed class FineTuneTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    private string Run => scratch["run"];

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Network_and_schedule_are_the_models()
    {
        var model = TinyModel.Save(scratch["model"], size: 16);
        string[] command = ["train", "builtin:shapes", "--from", model, "--out", Run, "--batch", "2", "--steps", "2"];
        ddim.Done(command);

        Assert.Equal(100, RunConfig.Read(new RunFolder(Run).Config).Scheduler.NumTrainTimesteps);
        ddim.Done("train", "--out", Run, "--steps", "3");
        ddim.Done("train", "--out", Run, "--steps", "4", "--from", Path.Combine(scratch.Root, ".", "model"));
        ddim.Fails(ErrorKind.Usage, "--channels does not go with --from", "train", "builtin:shapes", "--from", model, "--out", scratch["other"], "--channels", "8");
    }

    [Fact]
    public void A_checkpoint_file_is_taken_with_what_it_does_not_say()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 16, 16), 32, [1], 1, []);
        var logit = new PixelTransform { Logit = true };
        ModelFolder.Save(scratch["model"], unet, new SchedulerConfig { TimestepSpacing = "trailing", ClipSample = false }.With(logit), Initializer.Create(UNet.Build(unet), seed: 1));
        ddim.Done("convert", scratch["model"], scratch["out"], "--layout", "ermongroup");
        var file = Directory.GetFiles(scratch["out/ermongroup"], "*.safetensors").Single();
        Assert.Equal((logit, logit.Range), (ModelSource.Open(file).Scheduler.PixelTransform, ModelSource.Open(file).Scheduler.ClipSampleRange));

        File.Delete(scratch["out/ermongroup/config.yml"]);
        string[] command = ["train", "builtin:shapes", "--from", file, "--out", Run, "--batch", "2", "--steps", "1"];
        ddim.Fails(ErrorKind.ModelFile, "(image_size=", command);
        ddim.Done([.. command, "--about", "image_size=16"]);
        Assert.Equal(unet, RunConfig.Read(new RunFolder(Run).Config).Network);
        ddim.Done("train", "--out", Run, "--steps", "2");
    }

    [Fact]
    public void A_network_of_another_family_is_trained_and_exported()
    {
        var file = TinyCheckpoint.Lucidrains(scratch["model.pt"]);
        string[] about = ["--about", "image_size=16,prediction=epsilon,noise_schedule=linear,diffusion_steps=100"];
        ddim.Done(["train", "builtin:shapes", "--from", file, .. about, "--out", Run, "--batch", "2", "--steps", "2"]);
        var network = Assert.IsType<LucidrainsUNetConfig>(RunConfig.Read(new RunFolder(Run).Config).Network);
        Assert.Equal((4, 16), (network.Dim, network.Height));

        ddim.Done("train", "--out", Run, "--steps", "3");
        ddim.Fails(ErrorKind.Usage, "--channels cannot change", "train", "--out", Run, "--channels", "8", "--steps", "4");
        ddim.Fails(ErrorKind.Usage, "knows no classes", "train", "--out", Run, "--label-drop", "0.1", "--steps", "4");
        Assert.Equal("training run", (string)ddim.Json("inspect", Run)["kind"]!);
        var model = Path.Combine(Run, "model");
        Assert.Equal(network, ModelSource.Open(model).Network);
        Assert.Contains("denoising-diffusion-pytorch's Unet, channels 4, 8", File.ReadAllText(Path.Combine(model, "README.md")), StringComparison.Ordinal);
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "1", "--out", scratch["x.png"]);
        ddim.Done("sample", "--model", Run, "--steps", "2", "--count", "1", "--out", scratch["y.png"]);
    }

    [Fact]
    public void A_guided_teacher_is_learned_from_and_named_by_the_card()
    {
        string model = TinyModel.Save(scratch["model"], size: 16), weak = TinyModel.Save(scratch["weak"], size: 16, seed: 9);
        string[] command = ["train", "builtin:shapes", "--from", model, "--out", Run, "--batch", "2", "--steps", "2", "--teacher", model];
        ddim.Fails(ErrorKind.Usage, "--guidance leads a teacher: give --teacher, too", [.. command[..^2], "--guidance", "2"]);
        ddim.Fails(ErrorKind.Usage, "leads nowhere", [.. command, "--guide-with", weak]);
        Assert.False(Directory.Exists(Run));

        ddim.Done([.. command, "--guide-with", weak, "--guidance", "2", "--guidance-interval", "0.1,5"]);
        var teacher = RunConfig.Read(new RunFolder(Run).Config).TaughtBy!;
        Assert.Equal((model, weak, 2.0), (teacher.Model, teacher.GuideWith, teacher.Guidance));
        Assert.Contains(
            "What it learned are the predictions of `model`, guided away from `weak` by 2 at sigma 0.1 to 5.", File.ReadAllText(Path.Combine(Run, "model", "README.md")), StringComparison.Ordinal);

        ddim.Done("train", "--out", Run, "--steps", "3");
        ddim.Fails(ErrorKind.Configuration, "teacher.guidance: 2 → 3", "train", "--out", Run, "--steps", "4", "--guidance", "3");

        Directory.Move(model, scratch["moved"]);
        ddim.Fails(ErrorKind.ModelFile, model, "train", "--out", Run, "--steps", "4");
        ddim.Done("train", "--out", Run, "--steps", "4", "--teacher", scratch["moved"]);
    }
}
