using DiffusionSharp.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

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

    private static TrainingOptions SixteenBits => TinyRun.Engine.Name == EngineNames.Libtorch
        ? TinyRun.Options with { BFloat16 = true }
        : TinyRun.Options with { Activations = ActivationPrecision.BFloat16 };

    public static TheoryData<string, TrainingOptions, double> Variants => new()
    {
        { "plain", TinyRun.Options, 0 },
        { "dropout, micro-batches", TinyRun.Options with { MicroBatch = 3 }, 0.3 },
        { "several averages", TinyRun.Options with { EmaDecays = [0.9, 0.99, 0], EmaWarmup = false }, 0 },
        { "augmentation, micro-batches", TinyRun.Options with { Augment = TinyRun.Engine.Name == EngineNames.Managed ? 0.5 : 0, MicroBatch = 2 }, 0 },
        { "averages by a power function", TinyRun.Options with { PosthocLengths = [0.05, 0.2], SnapshotEvery = 1000 }, 0 },
        { "AdamW, cosine, antithetic, min-SNR, Huber, sum", TinyRun.Options with { Optimizer = OptimizerKind.AdamW, WeightDecay = 0.1, Decay = LearningRateDecay.Cosine, TimestepSampling = TimestepSampling.Antithetic, MinSnrGamma = 5, Loss = LossKind.Huber, Reduction = LossReduction.Sum }, 0 },
        { "dropped labels, micro-batches", TinyRun.Options with { LabelDrop = 0.3, MicroBatch = 3 }, 0 },
        { "t by its losses, micro-batches", TinyRun.Options with { TimestepSampling = TimestepSampling.LossAware, MicroBatch = 2 }, 0 },
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
    public void Losses_change_how_t_is_drawn()
    {
        using TinyRun uniform = new(), aware = new();
        var options = TinyRun.Options with { TotalImages = 120, TimestepSampling = TimestepSampling.LossAware };
        aware.Train(options);
        using var part = TensorFiles.Open(Path.Combine(aware.Run.Latest()!, Checkpoint.Timesteps));
        Assert.All(part.ReadFloat32("counts").Data, c => Assert.Equal(10, c));

        // With the same T until all t have ten losses.
        uniform.Train(options with { TimestepSampling = TimestepSampling.Uniform }, scheduler: TinyRun.FewTimesteps);
        string[] a = [.. Losses(uniform)], b = [.. Losses(aware)];
        Assert.Equal(a[..3], b[..3]);
        Assert.NotEqual(a[^3..], b[^3..]);

        static IEnumerable<string> Losses(TinyRun run) => File.ReadLines(run.Run.Metrics).Where(l => l.StartsWith("{\"kind\":\"train\"", StringComparison.Ordinal)).Select(l => l.Split(',')[3]);
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
        Assert.Equal(network, model.Source?.Network);
        Assert.Equal(run.Sample(sample).Values, model.Sample(sample).Values);
    }

    [Fact]
    public void So_is_a_network_that_predicts_its_variance_whatever_its_parts_are()
    {
        Assert.SkipUnless(TinyRun.Engine.Name == EngineNames.Managed, "libtorch trains no variance");
        using TinyRun straight = new(), stopped = new();
        var network = TinyRun.Network with { OutChannels = 6 };
        var scheduler = new SchedulerConfig { ClassName = "DDPMScheduler", VarianceType = "learned_range" };
        var options = TinyRun.Options with { TotalImages = 80 };
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options, network, scheduler: scheduler));
        Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options with { MicroBatch = 2, Threads = 2 }, network, stopAt: 9, scheduler: scheduler));
        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options with { MicroBatch = 1 }, network, scheduler: scheduler));
        AssertSame(straight, stopped, "learned variance");
        using var model = DiffusionModel.Load(stopped.Folder, TinyRun.Inference);
        Assert.All(model.Sample(new SampleOptions { Steps = 3, Eta = Sampling.Plans.Eta.Learned }).Values, v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void So_is_one_of_EDM_s_objective_and_its_model_comes_back()
    {
        using TinyRun straight = new(), stopped = new();
        var scheduler = SchedulerConfig.FromEdm(new EdmPreconditioning { SigmaData = 0.6 });
        var options = TinyRun.Options with { TotalImages = 80, MicroBatch = 2 };
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options, scheduler: scheduler));
        Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options, stopAt: 9, scheduler: scheduler));
        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options, scheduler: scheduler));
        AssertSame(straight, stopped, "EDM");
        Assert.Equal(scheduler, RunConfig.Read(stopped.Run.Config).Scheduler);

        var folder = Path.Combine(stopped.Folder, "model");
        using (var trainer = stopped.Open(options, scheduler: scheduler))
        {
            ModelFolder.Save(folder, trainer.Config.Network, trainer.Config.Scheduler, trainer.AveragedWeights());
        }

        using DiffusionModel run = DiffusionModel.Load(stopped.Folder, TinyRun.Inference), model = DiffusionModel.Load(folder, TinyRun.Inference);
        var sample = new SampleOptions { Steps = 3, Count = 1, Solver = Sampling.Solvers.Solver.Heun };
        Assert.IsType<Sampling.Execution.EdmDenoiser>(model.Denoiser);
        Assert.Equal(run.Sample(sample).Values, model.Sample(sample).Values);
    }

    /// <summary>The average of a stored length is the stored one; its snapshots are those of a run that did not stop, and a damaged one is found.</summary>
    [Fact]
    public void So_are_averages_that_are_stored_for_later()
    {
        using TinyRun straight = new(), stopped = new();
        var options = TinyRun.Options with { TotalImages = 100, PosthocLengths = [0.05, 0.1], SnapshotEvery = 24, CheckpointEvery = 64 };
        Assert.Equal(TrainingOutcome.Finished, straight.Train(options));
        Assert.Equal(TrainingOutcome.Interrupted, stopped.Train(options, stopAt: 11));

        // As if a session had gone on to image 72 and been lost.
        Directory.CreateDirectory(Path.Combine(stopped.Run.Snapshots, "000000000072"));
        Assert.Equal(TrainingOutcome.Finished, stopped.Train(options));
        AssertSame(straight, stopped, "stored averages");
        string[] names = ["000000000024", "000000000048", "000000000072", "000000000096", "000000000100"];
        foreach (var run in (TinyRun[])[straight, stopped])
        {
            Assert.Equal(names, run.Run.SnapshotFolders().Select(f => Path.GetFileName(f)));
        }

        foreach (var name in names)
        {
            foreach (var part in (string[])[Checkpoint.Power(0.05), Checkpoint.Power(0.1)])
            {
                Assert.Equal(File.ReadAllBytes(Path.Combine(straight.Run.Snapshots, name, part)), File.ReadAllBytes(Path.Combine(stopped.Run.Snapshots, name, part)));
            }
        }

        var average = PosthocAverage.Reconstruct(stopped.Run, 0.1, TestContext.Current.CancellationToken);
        using (var last = TensorFiles.Open(Path.Combine(stopped.Run.Latest()!, Checkpoint.Power(0.1))))
        {
            Assert.Equal((100, 10), (average.State.Images, average.Stored));
            Assert.All(average.Weights, w => Assert.All(w.Value.Data.Zip(last.ReadFloat32(w.Key).Data), v => Assert.Equal(v.Second, v.First, 1e-6)));
        }

        Assert.Contains("begin a new run", Assert.Throws<DiffusionException>(() => stopped.Train(options with { PosthocLengths = [0.2], TotalImages = 120 }, allowChanges: true)).Message);
        var damaged = Path.Combine(stopped.Run.Snapshots, names[1], Checkpoint.Power(0.05));
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^1]);
        Assert.Equal(ErrorKind.ModelFile, Assert.Throws<DiffusionException>(() => PosthocAverage.Reconstruct(stopped.Run, 0.1, TestContext.Current.CancellationToken)).Kind);
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => PosthocAverage.Reconstruct(straight.Run, 0.4, TestContext.Current.CancellationToken)).Kind);
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
