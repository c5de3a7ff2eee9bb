using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>What of a network in training a checkpoint and a snapshot hold, and going on from it.</summary>
internal static class RunParts
{
    /// <summary>The tensors of a checkpoint by file.</summary>
    public static Dictionary<string, IReadOnlyDictionary<string, HostTensor>> ExportCheckpoint(ITrainingNetwork network, TrainingOptions options)
    {
        var parts = ExportSnapshot(network, options);
        parts[Checkpoint.Weights] = network.ExportWeights();
        parts[Checkpoint.Optimizer] = network.ExportMoments();
        for (var i = 0; i < options.EmaDecays.Count; i++)
        {
            parts[Checkpoint.Ema(options.EmaDecays[i])] = network.ExportAverage(i);
        }

        return parts;
    }

    /// <summary>The averages by a power function, by file.</summary>
    public static Dictionary<string, IReadOnlyDictionary<string, HostTensor>> ExportSnapshot(ITrainingNetwork network, TrainingOptions options) =>
        options.PosthocLengths.Index().ToDictionary(l => Checkpoint.Power(l.Item), l => network.ExportAverage(options.EmaDecays.Count + l.Index));

    /// <summary>Gives a network the moments and averages of a checkpoint. An average with a new decay begins with the weights.</summary>
    /// <exception cref="DiffusionException">A part is not the network's (<see cref="ErrorKind.ModelFile"/>), or an average by a power function is new (<see cref="ErrorKind.Configuration"/>).</exception>
    public static void Import(ITrainingNetwork network, string checkpoint, TrainingOptions options, Dictionary<string, HostTensor> weights, long step)
    {
        network.ImportMoments(RunSetup.ReadPart(checkpoint, Checkpoint.Optimizer), step);
        for (var i = 0; i < options.EmaDecays.Count; i++)
        {
            var part = Checkpoint.Ema(options.EmaDecays[i]);
            network.ImportAverage(i, File.Exists(Path.Combine(checkpoint, part)) ? RunSetup.ReadPart(checkpoint, part) : weights, step);
        }

        foreach (var (i, length) in options.PosthocLengths.Index())
        {
            var part = Checkpoint.Power(length);
            if (step > 0 && !Checkpoint.Has(checkpoint, part))
            {
                throw new DiffusionException(
                    ErrorKind.Configuration, FormattableString.Invariant($"the run has no average of length {length}, and one that begins later has another profile: ")
                    + "leave the lengths of post-hoc EMA as they were, or begin a new run");
            }

            network.ImportAverage(options.EmaDecays.Count + i, step > 0 ? RunSetup.ReadPart(checkpoint, part) : weights, step);
        }
    }
}
