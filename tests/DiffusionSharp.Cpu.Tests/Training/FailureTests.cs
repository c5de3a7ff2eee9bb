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
    public void A_change_that_was_accepted_is_in_the_log()
    {
        using var run = new TinyRun();
        run.Train(Options);
        run.Train(Options with { TotalImages = 48, LearningRate = 0.5 }, allowChanges: true);
        run.Train(Options with { TotalImages = 56, LearningRate = 0.5 });
        var changes = File.ReadLines(run.Run.Metrics).Where(l => l.Contains("\"change\"", StringComparison.Ordinal));
        Assert.Equal(["{\"kind\":\"change\",\"images\":40,\"changes\":[\"training.learningRate: 0.0002 → 0.5\"]}"], changes);
    }

    [Fact]
    public void Another_engine_than_it_was_begun_on_is_a_change()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var other = TinyRun.Engine with { Name = "another" };
        var config = TinyRun.Config(Options with { TotalImages = 48 });
        var e = Assert.Throws<DiffusionException>(() => Trainer.Open(other, run.Folder, config, new TinyImages(config.Network.InputShape)));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        var change = $"training.engine: {TinyRun.Engine.Name} → another";
        Assert.Contains(change, e.Message);

        using (var trainer = Trainer.Open(other, run.Folder, config, new TinyImages(config.Network.InputShape), allowChanges: true))
        {
            Assert.Equal(TrainingOutcome.Finished, trainer.Run(cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Equal("another", RunConfig.Read(run.Run.Config).Training.Engine);
        Assert.Contains(change, File.ReadAllText(run.Run.Metrics));
    }

    [Fact]
    public void A_start_that_fails_leaves_the_folder_to_another()
    {
        using var run = new TinyRun();
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => run.Open(Options with { Device = "cuda" })).Kind);
        Assert.False(run.Run.Exists);

        // One that ended before its first checkpoint neither.
        run.Open(Options with { Seed = 5 }).Dispose();
        Assert.True(run.Run.Exists);
        Assert.Equal(TrainingOutcome.Finished, run.Train(Options));
        Assert.Equal(0ul, RunConfig.Read(run.Run.Config).Training.Seed);
    }

    [Fact]
    public void The_network_of_a_run_never_changes()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var e = Assert.Throws<DiffusionException>(() => run.Open(Options, TinyRun.Network with { Dropout = 0.5 }, allowChanges: true));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("unet.dropout: 0 → 0.5", e.Message);

        // Weights that are another network's are told apart before anything is written.
        var config = TinyRun.Config(Options, TinyRun.Network with { LayersPerBlock = 2 });
        config.Write(run.Run.Config);
        var other = Assert.Throws<DiffusionException>(() => Trainer.Open(TinyRun.Engine, run.Folder, config, new TinyImages(config.Network.InputShape)));
        Assert.Equal(ErrorKind.ModelFile, other.Kind);
        Assert.Contains("missing", other.Message);
    }

    [Fact]
    public void A_new_average_begins_with_the_weights()
    {
        using var run = new TinyRun();
        run.Train(Options);
        var options = Options with { TotalImages = 48, EmaDecays = [0.5, 0.9999] };
        var weights = TensorFiles.Open(Path.Combine(run.Run.Latest()!, Checkpoint.Weights));
        using (weights)
        using (var trainer = run.Open(options, allowChanges: true))
        {
            Assert.All(trainer.AveragedWeights(), w => Assert.Equal(weights.ReadFloat32(w.Key).Data, w.Value.Data));
        }

        // Until its first checkpoint the run is sampled from its weights.
        Assert.EndsWith(Checkpoint.Weights, ModelSource.Open(run.Folder).WeightsPath);
        Assert.Equal(TrainingOutcome.Finished, run.Train(options));
        Assert.EndsWith(Checkpoint.Ema(0.5), ModelSource.Open(run.Folder).WeightsPath);
    }

    [Fact]
    public void After_a_change_of_the_batch_size_the_next_images_follow()
    {
        using var run = new TinyRun();
        run.Train(Options with { TotalImages = 12 });
        var config = TinyRun.Config(Options with { TotalImages = 18, BatchSize = 6, MicroBatch = 6 });
        var images = new Recording(new TinyImages(config.Network.InputShape));
        using var trainer = Trainer.Open(TinyRun.Engine, run.Folder, config, images, allowChanges: true);
        trainer.Run(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(12, images.Positions[0]);
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

    private sealed class Recording(TinyImages images) : Data.IBatchSource
    {
        public List<long> Positions { get; } = [];

        public ImageShape Shape => images.Shape;

        public long ImagesPerEpoch => images.ImagesPerEpoch;

        public IReadOnlyList<string> ClassNames => images.ClassNames;

        public string Fingerprint => images.Fingerprint;

        public void Read(long position, Span<byte> pixels, Span<int> labels)
        {
            Positions.Add(position);
            images.Read(position, pixels, labels);
        }

        public int ReadStored(long index, Span<byte> pixels) => images.ReadStored(index, pixels);
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
