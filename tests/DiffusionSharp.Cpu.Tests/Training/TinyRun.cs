using System.Text.Json.Nodes;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A run that takes milliseconds a step, in a folder that is gone after the test.</summary>
internal sealed class TinyRun : IDisposable
{
    /// <summary>What the tests of the trainer train on.</summary>
    public static TrainingEngine Engine => TrainedOn.Engine;

    /// <summary>The same engine as one that samples.</summary>
    public static Networks.Engine Inference => TrainedOn.Inference;

    public static UNetConfig Network { get; } =
        UNetConfig.Ddpm(new ImageShape(3, 8, 8), channels: 8, [1, 2], layersPerBlock: 1, attentionResolutions: [4]) with { NormNumGroups = 4 };

    /// <summary>With the classes of <see cref="TinyImages"/> and a null class.</summary>
    public static UNetConfig Conditional { get; } = Network with { NumClassEmbeds = 3, NullClass = 2, ClassNames = ["even", "odd"] };

    public static TrainingOptions Options { get; } = new()
    {
        BatchSize = 4,
        MicroBatch = 4,
        Threads = 1,
        Engine = Engine.Name,
        LogEvery = 3,
        TotalImages = 240,
        CheckpointEvery = 28,
        ValidateEvery = 40,
        SampleEvery = 0,
        WarmupImages = 60,
    };

    // In memory where that is to be had: hundreds of flushed files take seconds on a disk.
    public TinyRun(string? folder = null) => Folder = Directory.CreateDirectory(
        folder ?? Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"diffusionsharp-run-{Guid.NewGuid():N}")).FullName;

    public string Folder { get; }

    public RunFolder Run => new(Folder);

    /// <summary>So few that each is drawn often.</summary>
    public static SchedulerConfig FewTimesteps { get; } = new() { NumTrainTimesteps = 3 };

    public static RunConfig Config(TrainingOptions training, NetworkConfig? network = null, SchedulerConfig? scheduler = null) => new()
    {
        Network = network ?? Network,
        Scheduler = scheduler ?? (training.TimestepSampling == TimestepSampling.LossAware ? FewTimesteps : new SchedulerConfig()),
        Training = training,
        Data = "tiny",
        DataFingerprint = new TinyImages((network ?? Network).InputShape).Fingerprint,
    };

    public Trainer Open(TrainingOptions training, NetworkConfig? network = null, bool allowChanges = false, SchedulerConfig? scheduler = null)
    {
        var config = Config(training, network, scheduler);
        return Trainer.Open(Engine, Folder, config, new TinyImages(config.Network.InputShape), allowChanges: allowChanges);
    }

    /// <summary>Trains to the end, or until a number of updates is done.</summary>
    public TrainingOutcome Train(TrainingOptions training, NetworkConfig? network = null, long? stopAt = null, bool allowChanges = false, SchedulerConfig? scheduler = null)
    {
        using var trainer = Open(training, network, allowChanges, scheduler);
        using var stop = new CancellationTokenSource();
        return trainer.Run(
            new SynchronousProgress<TrainingProgress>(p =>
            {
                if (p.Step == stopAt)
                {
                    stop.Cancel();
                }
            }),
            cancellationToken: stop.Token);
    }

    /// <summary>Everything that must not depend on interruptions: each part of the newest checkpoint, the position, and the log without times.</summary>
    public SortedDictionary<string, string> Everything()
    {
        var latest = Run.Latest()!;
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["checkpoint"] = Path.GetFileName(latest) };
        foreach (var file in Directory.EnumerateFiles(latest, "*.safetensors"))
        {
            all[Path.GetFileName(file)] = Sha256.Compute(File.ReadAllBytes(file));
        }

        all["state"] = (Checkpoint.ReadState(latest) with { Seconds = 0, MetricsLength = 0 }).ToString();
        all["log"] = string.Join('\n', File.ReadLines(Run.Metrics).Select(WithoutTimes));
        return all;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string WithoutTimes(string line)
    {
        var json = JsonNode.Parse(line)!.AsObject();
        json.Remove("seconds");
        json.Remove("imagesPerSecond");
        return json.ToJsonString();
    }
}
