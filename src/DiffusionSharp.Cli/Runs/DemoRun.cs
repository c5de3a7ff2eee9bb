using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Runs;

/// <summary>The small training run of the demo.</summary>
internal static class DemoRun
{
    public static (RunConfig Config, IBatchSource Data) Configure(int size, TrainingOptions options)
    {
        var data = DataSets.Open(ShapesSource.Name, new DataOptions().WithSize(size));
        var config = new RunConfig
        {
            Network = UNetConfig.Ddpm(data.Shape, 32, [1, 2], 1, [size / 2]) with { NormNumGroups = 8 },
            Scheduler = new SchedulerConfig { TimestepSpacing = "trailing" },
            Training = options,
            Data = ShapesSource.Name,
            DataFingerprint = data.Fingerprint,
        };
        return (config, data);
    }
}
