using DiffusionSharp;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;
using TestKit.Networks;

namespace TestKit.Files;

/// <summary>A training run on disk that nobody trained: random weights, other ones in every checkpoint and average.</summary>
public static class SmallRun
{
    /// <summary>Its network.</summary>
    public static UNetConfig Network { get; } = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 8, [1, 2], 1, []) with { NormNumGroups = 4 };

    /// <summary>Writes a run with checkpoints at these image counts, of which the last is <c>latest</c>.</summary>
    public static RunFolder Write(string folder, params ReadOnlySpan<long> images)
    {
        var run = new RunFolder(folder);
        new RunConfig
        {
            Network = Network,
            Scheduler = new SchedulerConfig { NumTrainTimesteps = 100, BetaEnd = 0.2 },
            Training = new TrainingOptions { EmaDecays = [0.9, 0.99], TotalImages = 100 },
            Data = "small",
            DataFingerprint = "small",
        }.Write(run.Config);
        foreach (var count in images)
        {
            run.Save(count, keep: 100, checkpoint => Checkpoint.Write(checkpoint, new TrainingState { Step = count, Images = count }, Parts((ulong)count)));
        }

        return run;
    }

    /// <summary>The weights of a part of the checkpoint at an image count.</summary>
    public static IReadOnlyDictionary<string, HostTensor> Weights(long images, string part) => Parts((ulong)images)[part];

    private static Dictionary<string, IReadOnlyDictionary<string, HostTensor>> Parts(ulong images) =>
        new[] { Checkpoint.Weights, Checkpoint.Ema(0.9), Checkpoint.Ema(0.99), Checkpoint.Optimizer }.Index().ToDictionary(
            p => p.Item, IReadOnlyDictionary<string, HostTensor> (p) => RandomWeights.Create(UNet.Build(Network), (images * 4) + (ulong)p.Index));
}
