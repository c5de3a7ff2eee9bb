using DiffusionSharp.Cli.Verbs.Train;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Demo;

/// <summary>The small training run of the demo: what it ends with is the same on every machine.</summary>
internal static class DemoRun
{
    /// <summary>Updates of the whole run.</summary>
    public const int Updates = 7500;

    private const int Size = 16;
    private const int Batch = 8;

    /// <param name="updates">Its length.</param>
    /// <param name="threads">Threads of the engine, 0 for all cores.</param>
    public static (RunConfig Config, IBatchSource Data) Configure(int updates, int threads)
    {
        var data = DataSets.Open(ShapesSource.Name, new DataOptions().WithSize(Size));
        var config = new RunConfig
        {
            Network = UNetConfig.Ddpm(data.Shape, 16, [1, 2, 4], 1, [8, 4]) with { NormNumGroups = 8 },
            Scheduler = new SchedulerConfig { TimestepSpacing = "trailing" },
            Training = new TrainingOptions
            {
                BatchSize = Batch,
                MicroBatch = Batch,
                TotalImages = (long)updates * Batch,
                LearningRate = 2e-3,
                WarmupImages = 2000,
                Decay = LearningRateDecay.Cosine,
                MinSnrGamma = 5,
                EmaDecays = [0.995],
                SampleEvery = 0,
                ValidateEvery = 0,
                Engine = TrainingEngines.Default,
                Threads = threads,
            },
            Data = ShapesSource.Name,
            DataFingerprint = data.Fingerprint,
        };
        return (config, data);
    }
}
