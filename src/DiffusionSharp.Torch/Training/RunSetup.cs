using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Torch.Training;

/// <summary>What a sitting begins with: the configuration in force, and the parts of the checkpoint it goes on from.</summary>
internal static class RunSetup
{
    /// <summary>Writes the configuration of a new run with its micro-batch, or checks it against the saved one.</summary>
    /// <exception cref="DiffusionException">Something that was already computed would have come out otherwise.</exception>
    public static RunConfig Resolve(RunFolder run, RunConfig config, bool allowChanges)
    {
        if (!run.Exists)
        {
            var micro = config.Training.MicroBatch
                ?? MemoryPlan.MicroBatch(UNet.Build(config.UNet), config.Training.BFloat16, config.Training.BatchSize, MemoryPlan.Available());
            config = config with { Training = config.Training with { MicroBatch = micro } };
            config.Write(run.Config);
            return config;
        }

        var saved = RunConfig.Read(run.Config);
        if (config.Training.MicroBatch is null)
        {
            config = config with { Training = config.Training with { MicroBatch = saved.Training.MicroBatch } };
        }

        var differences = saved.Differences(config);
        if (differences.Count > 0 && !allowChanges)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                $"{run.Root} holds a run with another configuration:\n  {string.Join("\n  ", differences)}\nGo on with the saved values, choose another folder, or accept the change with --allow-changes");
        }

        config.Write(run.Config);
        return config;
    }

    /// <summary>The tensors of a part of a checkpoint.</summary>
    public static Dictionary<string, HostTensor> ReadPart(string checkpoint, string part)
    {
        using var file = SafetensorsFile.Open(Path.Combine(checkpoint, part));
        return file.Tensors.Keys.ToDictionary(n => n, n => file.ReadFloat32(n));
    }
}
