using DiffusionSharp.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A run that goes on otherwise than it began: what is refused, what is accepted, and what stays.</summary>
public class ChangedRunTests
{
    private static readonly TrainingOptions Options = TinyRun.Options with { TotalImages = 40, CheckpointEvery = 16, ValidateEvery = 0 };

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
}
