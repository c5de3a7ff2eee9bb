using DiffusionSharp.Networks;
using DiffusionSharp.Storage;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;

namespace DiffusionSharp.Torch.Tests.Training;

/// <summary>What goes wrong leaves the last good checkpoint, and says what to do.</summary>
[Collection(SerialCollection.Name)]
public class FailureTests
{
    private static readonly TrainingOptions Options = TinyRun.Options with { TotalImages = 40, CheckpointEvery = 16, ValidateEvery = 0 };

    [Fact]
    public void A_loss_that_is_not_finite_stops_before_the_update_and_writes_nothing()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var before = run.Everything();
        var e = Assert.Throws<DiffusionException>(() => run.Train(Options with { TotalImages = 400, LearningRate = 1e18, WarmupImages = 0, GradientClip = 0 }, allowChanges: true));
        Assert.Equal(ErrorKind.NonFinite, e.Kind);
        Assert.Contains(run.Run.Latest()!, e.Message);
        Assert.Contains("learning rate", e.Message);
        Assert.Equal(before["unet.safetensors"], run.Everything()["unet.safetensors"]);
    }

    [Theory]
    [InlineData("unet.safetensors")]
    [InlineData("ema-0.9999.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("state.json")]
    public void A_damaged_or_missing_part_is_refused_by_name(string part)
    {
        using var run = new TinyRun();
        run.Train(Options);
        var file = Path.Combine(run.Run.Latest()!, part);
        var bytes = File.ReadAllBytes(file);
        bytes[^2] ^= 1;
        File.WriteAllBytes(file, bytes);
        var damaged = Assert.Throws<DiffusionException>(() => run.Open(Options));
        Assert.Equal(ErrorKind.ModelFile, damaged.Kind);
        Assert.Contains(part, damaged.Message);
        Assert.Contains("latest", damaged.Message);

        File.Delete(file);
        var missing = Assert.Throws<DiffusionException>(() => run.Open(Options));
        Assert.Equal(ErrorKind.ModelFile, missing.Kind);
        Assert.Contains(part, missing.Message);

        // The advice works: an older checkpoint goes on, and what was ahead of it is replaced.
        File.WriteAllText(Path.Combine(run.Folder, "latest"), Path.GetFileName(run.Run.Checkpoint(32)));
        Assert.Equal(TrainingOutcome.Finished, run.Train(Options));
        Assert.Equal(40, Checkpoint.ReadState(run.Run.Latest()!).Images);
    }

    [Fact]
    public void A_changed_configuration_is_refused_with_the_list_of_its_fields()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var e = Assert.Throws<DiffusionException>(() => run.Open(Options with { LearningRate = 0.5, Seed = 9 }, TinyRun.Network with { Dropout = 0.5 }));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("training.learningRate: 0.0002 → 0.5", e.Message);
        Assert.Contains("training.seed: 0 → 9", e.Message);
        Assert.Contains("unet.dropout: 0 → 0.5", e.Message);
        Assert.DoesNotContain("batchSize", e.Message);
        Assert.Equal(0.0002, RunConfig.Read(run.Run.Config).Training.LearningRate);

        run.Train(Options with { TotalImages = 48, LearningRate = 0.5 }, allowChanges: true);
        Assert.Equal(0.5, RunConfig.Read(run.Run.Config).Training.LearningRate);
    }

    [Fact]
    public void The_micro_batch_that_was_chosen_stays()
    {
        using var run = new TinyRun();
        run.Train(Options with { MicroBatch = 3 });
        using var trainer = run.Open(Options with { MicroBatch = null });
        Assert.Equal(3, trainer.Config.Training.MicroBatch);
    }

    [Fact]
    public void One_process_trains_in_a_folder()
    {
        using var run = new TinyRun();
        using (run.Open(Options))
        {
            var e = Assert.Throws<DiffusionException>(() => run.Open(Options));
            Assert.Equal(ErrorKind.Storage, e.Kind);
            Assert.Contains("in use", e.Message);
        }

        run.Open(Options).Dispose();
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_leaves_the_last_one()
    {
        using var run = new TinyRun();
        run.Train(Options with { TotalImages = 16 });
        var before = run.Everything();

        // A file where the next checkpoint's folder goes.
        File.WriteAllText(run.Run.Checkpoint(32), string.Empty);
        var e = Assert.Throws<DiffusionException>(() => run.Train(Options));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Equal(before["unet.safetensors"], run.Everything()["unet.safetensors"]);

        File.Delete(run.Run.Checkpoint(32));
        Assert.Equal(TrainingOutcome.Finished, run.Train(Options));
    }

    [Fact(SkipUnless = nameof(TinyDisk.Available), SkipType = typeof(TinyDisk), Skip = TinyDisk.Missing)]
    public void A_full_disk_leaves_the_last_checkpoint()
    {
        using var disk = new TinyDisk(kibibytes: 16 * 1024);
        using var run = new TinyRun(Path.Combine(disk.Path, "run"));
        run.Train(Options with { TotalImages = 16, KeepCheckpoints = 1 });
        var before = run.Everything();
        File.WriteAllBytes(Path.Combine(disk.Path, "fill"), new byte[disk.Free - 100_000]);
        var e = Assert.Throws<DiffusionException>(() => run.Train(Options));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("disk is full", e.Message);
        Assert.Equal(before["unet.safetensors"], run.Everything()["unet.safetensors"]);

        File.Delete(Path.Combine(disk.Path, "fill"));
        Assert.Equal(TrainingOutcome.Finished, run.Train(Options with { KeepCheckpoints = 1 }));
    }

    [Fact]
    public void What_a_killed_sitting_left_half_written_is_cleaned_and_only_the_newest_are_kept()
    {
        using var run = new TinyRun();
        run.Train(Options with { TotalImages = 16 });
        var leftover = Directory.CreateDirectory(Path.Combine(run.Folder, "checkpoints", ".000000000032.0badcafe.tmp")).FullName;
        File.WriteAllText(Path.Combine(leftover, "unet.safetensors"), "half");
        run.Train(Options with { TotalImages = 64, KeepCheckpoints = 2 });
        Assert.Equal([run.Run.Checkpoint(48), run.Run.Checkpoint(64)], Directory.GetDirectories(Path.Combine(run.Folder, "checkpoints")).Order());
    }

    [Fact]
    public void Data_and_network_must_fit()
    {
        using var run = new TinyRun();
        var config = TinyRun.Config(Options);
        var size = Assert.Throws<DiffusionException>(() => Trainer.Open(run.Folder, config, new TinyImages(new ImageShape(1, 8, 8))));
        Assert.Equal(ErrorKind.Configuration, size.Kind);
        var classes = Assert.Throws<DiffusionException>(() => Trainer.Open(run.Folder, config with { UNet = config.UNet with { NumClassEmbeds = 1 } }, new TinyImages(config.UNet.InputShape)));
        Assert.Contains("2 classes", classes.Message);
        Assert.Empty(Directory.GetFileSystemEntries(run.Folder));
    }

    [Fact]
    public void An_error_of_the_data_ends_the_run_with_that_error()
    {
        using var run = new TinyRun();
        var config = TinyRun.Config(Options);
        using var trainer = Trainer.Open(run.Folder, config, new Broken(config.UNet.InputShape));
        var e = Assert.Throws<DiffusionException>(() => trainer.Run(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.NotNull(run.Run.Latest());
    }

    private sealed class Broken(ImageShape shape) : Data.IBatchSource
    {
        public ImageShape Shape => shape;

        public long ImagesPerEpoch => 10;

        public IReadOnlyList<string> ClassNames => [];

        public string Fingerprint => "broken";

        public void Read(long position, Span<byte> pixels, Span<int> labels)
        {
            if (position >= 8)
            {
                throw new DiffusionException(ErrorKind.Data, "image 8 cannot be read");
            }
        }
    }
}
