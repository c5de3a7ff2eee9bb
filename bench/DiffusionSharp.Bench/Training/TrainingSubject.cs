using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Training.Options;
using TorchSharp;

namespace DiffusionSharp.Bench.Training;

/// <summary>What trains a network.</summary>
/// <param name="Name">Its name in options and tables.</param>
/// <param name="Narrow">Whether it computes in 16 bits, so that its error is that of 16 bits.</param>
/// <param name="Takes">Whether it has a network.</param>
/// <param name="Create">Makes a network in training.</param>
internal sealed record TrainingSubject(string Name, bool Narrow, Predicate<NetworkConfig> Takes, Func<Subject, TrainingOptions, ITrainingContender> Create)
{
    public const string Managed = "managed", Eager = "eager";

    public static IReadOnlyList<TrainingSubject> All { get; } =
    [
        new(Managed, false, _ => true, (s, o) => new ManagedContender(s, o)),
        new(Eager, false, c => c is UNetConfig, (s, o) => new EagerContender(s, o)),
        new("libtorch", false, c => c is not UNetConfig, (s, o) => new TorchContender(s, o)),
        new("libtorch-bf16", true, _ => true, (s, o) => new TorchContender(s, o with { BFloat16 = true })),
    ];

    /// <summary>Makes a network in training on a number of threads.</summary>
    /// <exception cref="DiffusionException">Memory does not suffice, or libtorch does not load or computes wrongly.</exception>
    public ITrainingContender Open(Subject subject, int batch, int threads)
    {
        if (Name != Managed)
        {
            TorchNative.EnsureLoaded();
            torch.set_num_threads(threads);
        }

        return Create(subject, Options(batch, threads));
    }

    /// <summary>What all are given: Adam, clip to 1, one average.</summary>
    public static TrainingOptions Options(int batch, int threads) => new() { BatchSize = batch, Threads = threads, TotalImages = 1 };

    /// <summary>
    /// Lets oneDNN choose its instructions by itself, also where the product limits them for correctness: the peer is timed as it comes, and
    /// whether it is right is checked. Call it before libtorch is loaded.
    /// </summary>
    public static void LeaveOneDnnAlone()
    {
        if (OneDnn.Limit is null)
        {
            Environment.SetEnvironmentVariable(OneDnn.Variable, "DEFAULT");
        }
    }
}
