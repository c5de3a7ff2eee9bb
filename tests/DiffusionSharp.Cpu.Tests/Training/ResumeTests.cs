using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A run that was stopped and resumed is, bit for bit, the run that was not.</summary>
public class ResumeTests
{
    public ResumeTests() => TrainedOn.Require();

    [Fact]
    public void Killed_at_a_random_step_and_resumed_it_is_the_same_run()
    {
        using TinyRun straight = new(), killed = new();
        var (options, network) = TrainChild.Setup;
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options, network));

        var (first, second) = (Random.Shared.Next(1, 30), Random.Shared.Next(30, 59));
        TrainChild.TrainAndKill(killed.Folder, first);
        TrainChild.TrainAndKill(killed.Folder, second);
        Assert.Equal(TrainingOutcome.Finished, killed.Train(options, network));
        AssertSame(straight, killed, $"killed at {first} and {second}");
    }

    private static TrainingOptions SixteenBits => TinyRun.Engine.Name == TrainingEngine.Libtorch
        ? TinyRun.Options with { BFloat16 = true }
        : TinyRun.Options with { Activations = ActivationPrecision.BFloat16 };

    public static TheoryData<string, TrainingOptions, double> Variants => new()
    {
        { "plain", TinyRun.Options, 0 },
        { "dropout, micro-batches", TinyRun.Options with { MicroBatch = 3 }, 0.3 },
        { "several averages", TinyRun.Options with { EmaDecays = [0.9, 0.99, 0], EmaWarmup = false }, 0 },
        { "AdamW, cosine, antithetic, min-SNR, Huber, sum", TinyRun.Options with { Optimizer = OptimizerKind.AdamW, WeightDecay = 0.1, Decay = LearningRateDecay.Cosine, TimestepSampling = TimestepSampling.Antithetic, MinSnrGamma = 5, Loss = LossKind.Huber, Reduction = LossReduction.Sum }, 0 },
        { "dropped labels, micro-batches", TinyRun.Options with { LabelDrop = 0.3, MicroBatch = 3 }, 0 },
        { "the engine's 16 bits", SixteenBits, 0 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Interrupted_and_resumed_it_is_the_same_run(string what, TrainingOptions options, double dropout)
    {
        const int checkpoint = 7, validation = 10; // Updates after which one is due anyway.
        using TinyRun straight = new(), stopped = new();
        var network = (options.LabelDrop > 0 ? TinyRun.Conditional : TinyRun.Network) with { Dropout = dropout };
        options = options with { TotalImages = 120 };
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options, network));
        foreach (var step in (int[])[1, checkpoint, validation, 22, 29])
        {
            Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options, network, stopAt: step));
        }

        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options, network));
        AssertSame(straight, stopped, what);
    }

    [Fact]
    public void So_is_a_network_of_another_family()
    {
        using TinyRun straight = new(), stopped = new();
        var network = new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 8, DimMults = [1, 2], AttnHeads = [2], AttnDimHead = [4], Dropout = 0.2 };
        var options = TinyRun.Options with { TotalImages = 80, MicroBatch = 2 };
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options, network));
        foreach (var step in (int[])[1, 9, 13])
        {
            Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options, network, stopAt: step));
        }

        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options, network));
        AssertSame(straight, stopped, "lucidrains");
        Assert.Equal(network, RunConfig.Read(stopped.Run.Config).Network);

        // It is sampled as any run, and its model folder as any model.
        using var run = DiffusionModel.Load(stopped.Folder, TinyRun.Inference);
        var folder = Path.Combine(stopped.Folder, "model");
        using (var trainer = stopped.Open(options, network))
        {
            ModelFolder.Save(folder, trainer.Config.Network, trainer.Config.Scheduler, trainer.AveragedWeights());
        }

        using var model = DiffusionModel.Load(folder, TinyRun.Inference);
        var sample = new SampleOptions { Steps = 2, Count = 1 };
        Assert.Equal(network, model.Source.Network);
        Assert.Equal(run.Sample(sample).Values, model.Sample(sample).Values);
    }

    [Fact]
    public void A_longer_length_goes_on_and_is_the_run_that_was_long_from_the_start()
    {
        using TinyRun straight = new(), extended = new();
        straight.Train(TinyRun.Options with { TotalImages = 80 });
        extended.Train(TinyRun.Options with { TotalImages = 40 });
        Assert.Equal(TrainingOutcome.Finished, extended.Train(TinyRun.Options with { TotalImages = 80 }));
        AssertSame(straight, extended, "extended");
    }

    [Fact]
    public void Checkpoints_by_time_change_nothing()
    {
        using TinyRun straight = new(), often = new();
        var options = TinyRun.Options with { TotalImages = 80, KeepCheckpoints = 100 };
        straight.Train(options);
        often.Train(options with { CheckpointSeconds = 1e-9 });
        Assert.Equal(21, Directory.GetDirectories(Path.Combine(often.Folder, "checkpoints")).Length);
        Assert.Equal(4, Directory.GetDirectories(Path.Combine(straight.Folder, "checkpoints")).Length);
        AssertSame(straight, often, "checkpoints by time");
    }

    [Fact]
    public void A_validation_that_was_cut_short_is_made_up_for_on_resume()
    {
        using TinyRun straight = new(), stopped = new();
        var options = TinyRun.Options with { TotalImages = 80 };
        straight.Train(options);
        Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options, stopAt: 10));
        Assert.True(Checkpoint.ReadState(stopped.Run.Latest()!).ValidationDue);
        Assert.DoesNotContain("validation", File.ReadAllText(stopped.Run.Metrics));
        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options));
        AssertSame(straight, stopped, "validation made up for");
    }

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        using var run = new TinyRun();
        run.Train(TinyRun.Options with { TotalImages = 40 });
        var before = Directory.GetLastWriteTimeUtc(run.Run.Latest()!);
        Assert.Equal(TrainingOutcome.Finished, run.Train(TinyRun.Options with { TotalImages = 40 }));
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(run.Run.Latest()!));
    }

    private static void AssertSame(TinyRun expected, TinyRun actual, string what)
    {
        var (a, b) = (expected.Everything(), actual.Everything());
        Assert.Equal(a.Keys, b.Keys);
        foreach (var key in a.Keys)
        {
            Assert.True(a[key] == b[key], $"{what}: {key} differs\n{a[key]}\n{b[key]}");
        }
    }
}
