using DiffusionSharp.Data;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Training learns; validation and previews are repeatable and leave nothing behind.</summary>
public class LearningTests
{
    [Fact]
    public void A_tiny_network_learns_four_images_by_heart()
    {
        var losses = Train(TinyRun.Options with { TotalImages = 2400, LearningRate = 4e-3, BatchSize = 8, MicroBatch = null, Loss = LossKind.L2 }, TinyRun.Network);
        Assert.InRange(losses.TakeLast(60).Average() / losses.Take(5).Average(), 0, 0.35);
    }

    [Fact]
    public void A_class_conditional_network_with_scale_and_shift_learns_too()
    {
        var network = TinyRun.Network with { NumClassEmbeds = 2, ResnetTimeScaleShift = "scale_shift", AttnNormNumGroups = 4 };
        var losses = Train(TinyRun.Options with { TotalImages = 800, LearningRate = 4e-3, BatchSize = 8, MicroBatch = null }, network);
        Assert.InRange(losses.TakeLast(20).Average() / losses.Take(5).Average(), 0, 0.6);
    }

    [Fact]
    public void A_network_taught_with_dropped_labels_draws_its_classes_and_can_be_guided()
    {
        var network = UNetConfig.Ddpm(new ImageShape(1, 4, 4), 8, [1], 1, []) with { NormNumGroups = 4, NumClassEmbeds = 3, NullClass = 2, ClassNames = ["dark", "bright"] };
        var options = TinyRun.Options with { TotalImages = 1920, LearningRate = 1e-2, BatchSize = 16, MicroBatch = null, LabelDrop = 0.4, ValidateEvery = 0, CheckpointEvery = 10_000 };
        var config = TinyRun.Config(options, network) with { Scheduler = new SchedulerConfig { PredictionType = PredictionType.Sample, ClipSample = false } };
        using var run = new TinyRun();
        using (var trainer = Trainer.Open(TinyRun.Engine, run.Folder, config, new DarkAndBright(network.InputShape)))
        {
            trainer.Run(cancellationToken: TestContext.Current.CancellationToken);
        }

        using var model = DiffusionModel.Load(run.Folder, CpuEngine.Default, raw: true);
        double[] Brightness(double guidance, int? label, int steps = 1)
        {
            var labels = label is int l ? Enumerable.Repeat(l, 8).ToArray() : null;
            var images = model.Sample(new SampleOptions { Steps = steps, Count = 8, Guidance = guidance, Labels = labels });
            return [.. Enumerable.Range(0, 8).Select(i => images.Image(i).ToArray().Average())];
        }

        Assert.All(Brightness(1, 0, steps: 5), b => Assert.Equal(-0.5, b, 0.2));
        Assert.All(Brightness(1, 1, steps: 5), b => Assert.Equal(0.5, b, 0.2));

        // One step from pure noise returns the prediction itself: without a label it lies between the classes.
        double[] none = Brightness(0, null), bright = Brightness(1, 1), guided = Brightness(3, 1);
        Assert.InRange(none.Average(), -0.35, 0.35);
        for (var i = 0; i < none.Length; i++)
        {
            Assert.Equal(none[i] + (3 * (bright[i] - none[i])), guided[i], 1e-5);
        }

        Assert.Equal(Brightness(0, null), Brightness(0, 1));
    }

    [Fact]
    public void Validation_is_a_function_of_the_weights_alone()
    {
        var config = TinyRun.Config(TinyRun.Options);
        var graph = config.Network.Build();
        var weights = Initializer.Create(graph, 1);
        var objective = new DiffusionObjective(config.Scheduler.ToSchedule());
        var data = new TinyImages(graph.InputShape);
        var denoiser = CpuEngine.Default(graph, p => weights[p.Name]);
        using var disposed = denoiser;
        var first = new Validation(data, objective, PixelTransform.None).Run(denoiser, TestContext.Current.CancellationToken);
        Assert.Equal(first, new Validation(data, objective, PixelTransform.None).Run(denoiser, TestContext.Current.CancellationToken));

        // The last convolution begins at zero: the prediction is 0 and the error the mean of ε², about 1.
        Assert.Equal(Validation.Bands, first.Length);
        Assert.All(first, band => Assert.Equal(1, band, 0.05));
    }

    [Fact]
    public void Previews_are_drawn_at_their_intervals_and_the_log_has_every_line()
    {
        using var run = new TinyRun();
        var options = TinyRun.Options with { TotalImages = 48, SampleEvery = 20, ValidateEvery = 24, LogEvery = 2, CheckpointEvery = 1000 };
        List<Preview> previews = [];
        using (var trainer = run.Open(options))
        {
            trainer.Run(preview: previews.Add, cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal([20, 40, 48], previews.Select(p => p.Images));
        Assert.All(previews, p => Assert.Equal(p.Count * p.Shape.Elements, p.Samples.Length));
        Assert.All(previews.SelectMany(p => p.Samples), v => Assert.InRange(v, -1, 1));
        var lines = File.ReadAllLines(run.Run.Metrics);
        Assert.Equal(6, lines.Count(l => l.Contains("\"train\"", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(l => l.Contains("\"validation\"", StringComparison.Ordinal)));
        Assert.NotEmpty(Directory.GetFiles(run.Run.TensorBoard));
    }

    [Fact]
    public void A_preview_that_is_cancelled_is_dropped_and_the_run_stops()
    {
        using var run = new TinyRun();
        using var stop = new CancellationTokenSource();
        using (var trainer = run.Open(TinyRun.Options with { SampleEvery = 4, ValidateEvery = 0 }))
        {
            var outcome = trainer.Run(new SynchronousProgress<TrainingProgress>(_ => stop.Cancel()), _ => Assert.Fail("a preview was drawn"), stop.Token);
            Assert.Equal(TrainingOutcome.Interrupted, outcome);
        }

        Assert.Equal(1, Checkpoint.ReadState(run.Run.Latest()!).Step);
    }

    [Fact]
    public void Validation_and_previews_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var config = TinyRun.Config(TinyRun.Options);
        var graph = config.Network.Build();
        var weights = Initializer.Create(graph, 1);
        var denoiser = CpuEngine.Default(graph, p => weights[p.Name]);
        using var disposed = denoiser;
        var validation = new Validation(new TinyImages(graph.InputShape), new DiffusionObjective(config.Scheduler.ToSchedule()), PixelTransform.None);
        Assert.ThrowsAny<OperationCanceledException>(() => validation.Run(denoiser, cancelled.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => PreviewSampler.Draw(denoiser, graph, config.Scheduler, 0, cancelled.Token));
    }

    [Theory]
    [InlineData(240, 5_000)]
    [InlineData(1_000_000, 50_000)]
    [InlineData(300_000_000, 200_000)]
    [InlineData(null, 200_000)]
    public void Intervals_that_are_not_given_follow_the_length_of_the_run(int? total, long expected)
    {
        using var run = new TinyRun();
        var options = TinyRun.Options with { TotalImages = total, MaxSeconds = 1, SampleEvery = null, ValidateEvery = null };
        using var trainer = run.Open(options);
        Assert.Equal((expected, expected), (trainer.Config.Training.SampleEvery, trainer.Config.Training.ValidateEvery));
    }

    [Fact]
    public void A_run_ends_after_its_seconds()
    {
        using var run = new TinyRun();
        var options = TinyRun.Options with { TotalImages = null, MaxSeconds = 0.001 };
        Assert.Equal(TrainingOutcome.Finished, run.Train(options));
        Assert.Equal(1, Checkpoint.ReadState(run.Run.Latest()!).Step);
    }

    [Fact]
    public void Fine_tuning_begins_with_the_given_weights_and_a_dry_run_saves_nothing()
    {
        using var run = new TinyRun();
        var config = TinyRun.Config(TinyRun.Options);
        var weights = Initializer.Create(config.Network.Build(), 123);
        using (var trainer = Trainer.Open(TinyRun.Engine, run.Folder, config, new TinyImages(config.Network.InputShape), initialWeights: p => weights[p.Name]))
        {
            Assert.All(trainer.AveragedWeights(), w => Assert.Equal(weights[w.Key].Data, w.Value.Data));
            var (seconds, memory) = trainer.DryRun();
            Assert.True(seconds > 0 && memory > 0);
        }

        Assert.Null(run.Run.Latest());
        Assert.False(File.Exists(run.Run.Metrics));
    }

    private static Func<ParameterSpec, HostTensor> Weights(NetworkGraph graph, ulong seed)
    {
        var drawn = Initializer.Create(graph, seed);
        return p => drawn[p.Name];
    }

    private static double[] Train(TrainingOptions options, UNetConfig network)
    {
        var graph = UNet.Build(network);
        using var step = TinyRun.Engine.Create(graph, options, Weights(graph, options.Seed));
        var batches = new BatchMaker(new TinyImages(graph.InputShape, period: 4), new DiffusionObjective(new SchedulerConfig().ToSchedule()), options.TimestepSampling, options.BatchSize, options.Seed);
        return [.. Enumerable.Range(0, (int)(options.TotalImages!.Value / options.BatchSize)).Select(k => step.Update(batches.Make(k, (long)k * options.BatchSize), k, options.LearningRate).Loss)];
    }

    /// <summary>Flat images of -0.5 and 0.5, taking turns.</summary>
    private sealed class DarkAndBright(ImageShape shape) : Data.IBatchSource
    {
        public ImageShape Shape => shape;

        public long ImagesPerEpoch => 2;

        public IReadOnlyList<string> ClassNames => ["dark", "bright"];

        public string Fingerprint => "dark and bright";

        public void Read(long position, Span<byte> pixels, Span<int> labels)
        {
            for (var n = 0; n < labels.Length; n++)
            {
                labels[n] = ReadStored((position + n) % 2, pixels.Slice(n * shape.Elements, shape.Elements));
            }
        }

        public int ReadStored(long index, Span<byte> pixels)
        {
            pixels.Fill(index == 0 ? (byte)64 : (byte)191);
            return (int)index;
        }
    }
}
