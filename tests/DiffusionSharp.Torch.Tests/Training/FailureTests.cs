using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Torch.Tests.Training;

/// <summary>What goes wrong on libtorch, and a run that leaves it.</summary>
[Collection(SerialCollection.Name)]
public class FailureTests
{
    private static readonly TrainingOptions Options = TinyRun.Options with { TotalImages = 40, CheckpointEvery = 16, ValidateEvery = 0 };

    [TorchFact]
    public void A_loss_that_is_not_finite_stops_before_the_update_and_the_library_is_checked_again()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var before = run.Everything();
        var e = Assert.Throws<DiffusionException>(() => run.Train(Options with { TotalImages = 400, LearningRate = 1e18, WarmupImages = 0, GradientClip = 0 }, allowChanges: true));
        Assert.Equal(ErrorKind.NonFinite, e.Kind);
        Assert.Contains("No fault of the engine was found: lower the learning rate", e.Message);
        Assert.Equal(before["unet.safetensors"], run.Everything()["unet.safetensors"]);
    }

    [TorchFact]
    public void An_unknown_device_leaves_the_folder_to_another()
    {
        using var run = new TinyRun();
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => run.Open(Options with { Device = "gpu" })).Kind);
        Assert.False(run.Run.Exists);
    }

    [TorchFact]
    public void A_run_that_was_begun_here_goes_on_on_the_managed_engine_when_asked_to()
    {
        using var run = new TinyRun();
        run.Train(Options with { MicroBatch = 3 });
        var config = TinyRun.Config(Options with { TotalImages = 48 });
        var images = new TinyImages(config.Network.InputShape);
        Assert.Equal(
            ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => Trainer.Open(CpuTraining.Engine, run.Folder, config, images)).Kind);
        using var trainer = Trainer.Open(CpuTraining.Engine, run.Folder, config, images, allowChanges: true);
        Assert.Equal(TrainingOutcome.Finished, trainer.Run(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(48, trainer.State.Images);
        Assert.Contains("training.engine: torch → cpu", File.ReadAllText(run.Run.Metrics));
    }
}
