using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A model that teaches in place of the noise.</summary>
public sealed class TeacherTests : IDisposable
{
    private static readonly TrainingOptions Options = TinyRun.Options with { TotalImages = 24, ValidateEvery = 0, LearningRate = 1e-3, WarmupImages = 0 };

    private readonly TinyRun run = new();
    private readonly string models = Directory.CreateTempSubdirectory("diffusionsharp-teachers-").FullName;

    public void Dispose()
    {
        run.Dispose();
        Directory.Delete(models, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2.5)]
    public void What_is_learned_is_what_the_teacher_predicts(double guidance)
    {
        string strong = Save("strong", 1), weak = Save("weak", 2);
        var asked = new TeacherConfig { Model = strong, Guidance = guidance, GuideWith = guidance == 1 ? null : weak };
        using var teacher = Teacher.Load(asked, CpuEngine.Default);
        var spy = new Spy();
        using var network = teacher.Teach(new TrainingEngine("spy", (_, _, _) => spy, null)).Create(TinyRun.Network.Build(), Options, p => throw new InvalidOperationException(p.Name));

        // More than one call of the teacher.
        var batches = new BatchMaker(new TinyImages(TinyRun.Network.InputShape), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, 21, seed: 3);
        network.Update(batches.Make(0, 0), 0, 1e-3);

        var (m, other) = (Predict(strong, spy.Batch!), Predict(weak, spy.Batch!));
        for (var i = 0; i < m.Length; i++)
        {
            Assert.Equal(other[i] + (guidance * ((double)m[i] - other[i])), spy.Batch!.Target[i], 1e-5);
        }
    }

    [Fact]
    public void A_student_that_is_its_teacher_has_nothing_to_learn_and_one_that_is_off_comes_nearer()
    {
        var strong = Save("strong", 1);
        using var teacher = Teacher.Load(new TeacherConfig { Model = strong }, CpuEngine.Default);
        var engine = teacher.Teach(TinyRun.Engine);
        var graph = TinyRun.Network.Build();
        var batches = new BatchMaker(new TinyImages(graph.InputShape), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, Options.BatchSize, seed: 3);

        // Its own prediction, rounded as another program of the same network rounds it.
        Assert.InRange(Loss(0, 1), 0, 1e-10);
        Assert.Equal(0.25, Loss(0.5f, 1), 1e-4);
        Assert.InRange(Loss(0.5f, 150), 0, 0.1);

        double Loss(float shift, int updates)
        {
            var weights = Weights(1);
            foreach (ref var bias in weights["conv_out.bias"].Data.AsSpan())
            {
                bias += shift;
            }

            using var network = engine.Create(graph, Options, p => weights[p.Name]);
            double[] losses = [.. Enumerable.Range(0, updates).Select(k => network.Update(batches.Make(k, (long)Options.BatchSize * k), k, 5e-3).Loss)];
            return losses[^1];
        }
    }

    [Fact]
    public void A_run_keeps_its_teacher_by_its_weights_and_not_by_its_path()
    {
        string strong = Save("strong", 1), copy = Save("copy", 1), other = Save("other", 2);
        Train(strong, stopAt: 3);
        Assert.Equal((strong, 64), (RunConfig.Read(run.Run.Config).TaughtBy!.Model, RunConfig.Read(run.Run.Config).TaughtBy!.Weights!.Length));

        Assert.Contains("teacher.weights:", Assert.Throws<DiffusionException>(() => Train(other)).Message, StringComparison.Ordinal);
        Assert.Contains("teacher.weights:", Assert.Throws<DiffusionException>(() => run.Train(Options)).Message, StringComparison.Ordinal);
        Assert.Contains("teacher.guidance:", Assert.Throws<DiffusionException>(() => Train(strong, weak: other)).Message, StringComparison.Ordinal);
        Train(copy);
        var stopped = run.Everything();

        using var whole = new TinyRun();
        using var teacher = Teacher.Load(new TeacherConfig { Model = strong }, CpuEngine.Default);
        using (var trainer = Trainer.Open(teacher.Teach(TinyRun.Engine), whole.Folder, TinyRun.Config(Options), new TinyImages(TinyRun.Network.InputShape)))
        {
            trainer.Run(cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal(whole.Everything(), stopped);
    }

    [Fact]
    public void A_teacher_of_something_else_is_refused()
    {
        var strong = Save("strong", 1);
        var schedule = new SchedulerConfig();
        Refuses("the teacher's noise schedule is another", TinyRun.Config(Options) with { Scheduler = schedule with { BetaEnd = 0.03 } });
        Refuses("the teacher predicts Epsilon, the network VPrediction", TinyRun.Config(Options) with { Scheduler = schedule with { PredictionType = PredictionType.VPrediction } });
        Refuses("the teacher's images are 3×8×8", TinyRun.Config(Options, TinyRun.Network with { Height = 16, Width = 16 }));
        Refuses("turn augmentation off", TinyRun.Config(Options with { Augment = 0.1 }));
        Refuses("without a learned variance", TinyRun.Config(Options, TinyRun.Network with { OutChannels = 6 }, schedule with { VarianceType = "learned_range" }));
        Refuses("EDM's is preconditioned", TinyRun.Config(Options) with { Scheduler = SchedulerConfig.FromEdm(new EdmPreconditioning()) });

        var idle = new TeacherConfig { Model = strong, GuidanceInterval = [0.1, 2] };
        Assert.Contains("leads nowhere", Assert.Throws<DiffusionException>(() => Teacher.Load(idle, CpuEngine.Default)).Message, StringComparison.Ordinal);
        var alone = new TeacherConfig { Model = strong, Guidance = 2 };
        Assert.Contains("has no null class", Assert.Throws<DiffusionException>(() => Teacher.Load(alone, CpuEngine.Default)).Message, StringComparison.Ordinal);

        void Refuses(string message, RunConfig config)
        {
            using var teacher = Teacher.Load(new TeacherConfig { Model = strong }, CpuEngine.Default);
            var e = Assert.Throws<DiffusionException>(() => Trainer.Open(teacher.Teach(TinyRun.Engine), run.Folder, config, new TinyImages(config.Network.InputShape)));
            Assert.Equal(ErrorKind.Configuration, e.Kind);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }
    }

    private string Save(string name, ulong seed)
    {
        var folder = Path.Combine(models, name);
        ModelFolder.Save(folder, TinyRun.Network, new SchedulerConfig(), Weights(seed));
        return folder;
    }

    private static OrderedDictionary<string, HostTensor> Weights(ulong seed)
    {
        var weights = Initializer.Create(TinyRun.Network.Build(), seed);
        foreach (var (index, tensor) in weights.Values.Index().Where(t => t.Item.Data.All(v => v == 0)))
        {
            // The layers that begin at zero would make a network that says nothing.
            CounterNoise.Gaussian(seed, index, tensor.Data.AsSpan());
            foreach (ref var v in tensor.Data.AsSpan())
            {
                v *= 0.1f;
            }
        }

        return weights;
    }

    private void Train(string strong, string? weak = null, long? stopAt = null)
    {
        using var teacher = Teacher.Load(new TeacherConfig { Model = strong, Guidance = weak is null ? 1 : 2, GuideWith = weak }, CpuEngine.Default);
        using var trainer = Trainer.Open(teacher.Teach(TinyRun.Engine), run.Folder, TinyRun.Config(Options), new TinyImages(TinyRun.Network.InputShape));
        using var stop = new CancellationTokenSource();
        trainer.Run(
            new SynchronousProgress<TrainingProgress>(p =>
            {
                if (p.Step == stopAt)
                {
                    stop.Cancel();
                }
            }),
            cancellationToken: stop.Token);
    }

    private static float[] Predict(string path, TrainingBatch batch)
    {
        using var model = DiffusionModel.Load(path, CpuEngine.Default);
        var prediction = new float[batch.Target.Length];
        model.Network.Predict(new DenoiserInput { Count = batch.Count, Shape = batch.Shape, X = batch.Xt, Timesteps = batch.Timesteps }, prediction);
        return prediction;
    }

    private sealed class Spy : ITrainingNetwork
    {
        public TrainingBatch? Batch { get; private set; }

        public UpdateResult Update(TrainingBatch batch, long step, double learningRate)
        {
            Batch = batch;
            return default;
        }

        public IDenoiser Averaged(int average) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, HostTensor> ExportWeights() => throw new NotSupportedException();

        public IReadOnlyDictionary<string, HostTensor> ExportMoments() => throw new NotSupportedException();

        public IReadOnlyDictionary<string, HostTensor> ExportAverage(int average) => throw new NotSupportedException();

        public void ImportMoments(IReadOnlyDictionary<string, HostTensor> moments, long step) => throw new NotSupportedException();

        public void ImportAverage(int average, IReadOnlyDictionary<string, HostTensor> values, long step) => throw new NotSupportedException();

        public string? Fault() => null;

        public void Dispose()
        {
        }
    }
}
