using DiffusionSharp.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>What goes wrong leaves the last good checkpoint, and says what to do.</summary>
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
        Assert.Contains("lower the learning rate", e.Message);
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

    [Fact]
    public void A_full_disk_leaves_the_last_checkpoint()
    {
        Assert.SkipUnless(TinyDisk.Available, TinyDisk.Missing);
        using var disk = new TinyDisk(kibibytes: 16 * 1024);
        using var run = new TinyRun(Path.Combine(disk.Path, "run"));
        run.Train(Options with { TotalImages = 16, KeepCheckpoints = 1 });
        var before = run.Everything();
        File.WriteAllBytes(Path.Combine(disk.Path, "fill"), new byte[disk.Free - 100_000]);
        var e = Assert.Throws<DiffusionException>(() => run.Train(Options));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("disk is full", e.Message);
        Assert.Contains($"may be deleted: {run.Run.TensorBoard} (", e.Message);
        Assert.Equal(before["unet.safetensors"], run.Everything()["unet.safetensors"]);

        File.Delete(Path.Combine(disk.Path, "fill"));
        Assert.Equal(TrainingOutcome.Finished, run.Train(Options with { KeepCheckpoints = 1 }));
    }

    [Fact]
    public void A_read_only_folder_is_said_to_be_one_and_can_be_sampled()
    {
        Assert.SkipUnless(TinyDisk.Available, TinyDisk.Missing);
        using var disk = new TinyDisk(kibibytes: 16 * 1024);
        var folder = Path.Combine(disk.Path, "run");
        Directory.CreateDirectory(folder);
        var config = TinyRun.Config(Options with { TotalImages = 4 });
        Train();
        disk.MakeReadOnly();
        var e = Assert.Throws<DiffusionException>(Train);
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("read-only file system", e.Message);
        Assert.DoesNotContain("in use", e.Message);
        ModelSource.Open(folder).OpenWeights().Dispose();

        void Train()
        {
            using var trainer = Trainer.Open(TinyRun.Engine, folder, config, new TinyImages(config.Network.InputShape));
            trainer.Run(cancellationToken: CancellationToken.None);
        }
    }

    [Fact]
    public void Without_latest_a_run_goes_on_from_the_newest_whole_checkpoint()
    {
        using var run = new TinyRun();
        run.Train(Options with { TotalImages = 80, KeepCheckpoints = 9 });
        var expected = run.Everything();
        File.Delete(Path.Combine(run.Folder, "latest"));
        File.Delete(Path.Combine(run.Run.Checkpoint(80), "optimizer.safetensors"));
        using (var trainer = run.Open(Options with { TotalImages = 80 }))
        {
            Assert.Equal(64, trainer.State.Images);
        }

        run.Train(Options with { TotalImages = 80, KeepCheckpoints = 9 });
        Assert.Equal(expected, run.Everything());
        Assert.True(Checkpoint.IsWhole(run.Run.Checkpoint(16)));
    }

    [Fact]
    public void What_a_killed_session_left_half_written_is_cleaned_and_only_the_newest_are_kept()
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
        var size = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config, new TinyImages(new ImageShape(1, 8, 8))));
        Assert.Equal(ErrorKind.Configuration, size.Kind);
        var classes = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config with { Network = TinyRun.Network with { NumClassEmbeds = 1 } }, new TinyImages(config.Network.InputShape)));
        Assert.Contains("2 classes", classes.Message);
        var variance = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config with { Network = TinyRun.Network with { OutChannels = 6 } }, new TinyImages(config.Network.InputShape)));
        Assert.Equal(ErrorKind.Configuration, variance.Kind);
        Assert.Contains("6 channels for 3", variance.Message);
        var unnamed = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config with { Network = TinyRun.Network with { NumClassEmbeds = 2 } }, new Broken(config.Network.InputShape)));
        Assert.Contains("no class names", unnamed.Message);
        var other = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config with { Network = TinyRun.Conditional with { ClassNames = ["odd", "even"] } }, new TinyImages(config.Network.InputShape)));
        Assert.Contains("the data's classes are even, odd, the network's are odd, even", other.Message);
        var dropped = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, TinyRun.Config(Options with { LabelDrop = 0.1 }), new TinyImages(config.Network.InputShape)));
        Assert.Contains("no null class", dropped.Message);
        var unlabelled = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine,
            run.Folder, config with { Network = TinyRun.Conditional with { NumClassEmbeds = 2, NullClass = null } }, new TinyImages(config.Network.InputShape, someUnlabelled: true)));
        Assert.Contains("have no label, and the network has no null class", unlabelled.Message);
        Assert.Empty(Directory.GetFileSystemEntries(run.Folder));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Images_without_a_label_are_learned_as_the_null_class(double labelDrop)
    {
        using var run = new TinyRun();
        var config = TinyRun.Config(Options with { TotalImages = 8, ValidateEvery = 4, LabelDrop = labelDrop }, TinyRun.Conditional);
        using var trainer = Trainer.Open(TinyRun.Engine, run.Folder, config, new TinyImages(config.Network.InputShape, someUnlabelled: true));
        Assert.Equal(TrainingOutcome.Finished, trainer.Run(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void An_error_of_the_data_ends_the_run_with_that_error()
    {
        using var run = new TinyRun();
        var config = TinyRun.Config(Options);
        using var trainer = Trainer.Open(TinyRun.Engine, run.Folder, config, new Broken(config.Network.InputShape));
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

        public int ReadStored(long index, Span<byte> pixels) => 0;
    }
}
