using DiffusionSharp.Data;
using DiffusionSharp.Files;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>What a session begins with: the configuration in force, and the parts of the checkpoint it goes on from.</summary>
internal static class RunSetup
{
    private const int IntervalsPerRun = 20;
    private const long LeastInterval = 5_000;
    private const long MostInterval = 200_000;
    private const string LearnedRange = "learned_range";

    /// <summary>The network as it is trained, which takes the labels of an augmentation where there is one.</summary>
    public static NetworkGraph Graph(RunConfig config) => config is { Training.Augment: > 0, Network: UNetConfig unet }
        ? UNet.Build(unet, Augmentation.Labels)
        : config.Network.Build();

    /// <summary>The weights that a network has outside training, too.</summary>
    public static Dictionary<string, HostTensor> NetworkWeights(IReadOnlyDictionary<string, HostTensor> weights, NetworkGraph graph) =>
        graph.Parameters.ToDictionary(p => p.Name, p => weights[p.Name]);

    /// <summary>λ of the variational bound; null for a network that does not predict its variance.</summary>
    public static double? VarianceWeight(NetworkGraph graph, TrainingOptions options) =>
        graph.OutputShape.Channels == graph.InputShape.Channels ? null : options.VarianceWeight;

    /// <summary>Refuses data that the network cannot be trained on.</summary>
    /// <exception cref="DiffusionException">Shapes, channels or classes do not go together (<see cref="ErrorKind.Configuration"/>).</exception>
    public static void CheckFit(TrainingEngine engine, RunConfig config, IBatchSource data)
    {
        // What the data has too much of may be what the network's options are wrong about: it is said first.
        var network = config.Network;
        Require(
            (data.Shape == network.InputShape, $"the data's images are {data.Shape}, the network takes {network.InputShape}"),
            (!(data.ClassNames.Count > network.ClassCount), $"the data has {data.ClassNames.Count} classes, the network knows {network.ClassCount}"));
        var graph = network.Build();
        var (taken, returned) = (graph.InputShape.Channels, graph.OutputShape.Channels);
        Require(
            (config.Scheduler.Edm is null || (returned == taken && config.Training is { TimestepSampling: TimestepSampling.Uniform, MinSnrGamma: null }),
                "EDM draws sigma and weighs the loss in its own way: leave out timestep sampling, min-SNR and a learned variance"),
            (returned == taken || (returned == 2 * taken && config.Scheduler.VarianceType == LearnedRange),
                $"the network returns {returned} channels for {taken}, and its scheduler's variance_type is '{config.Scheduler.VarianceType}': trained are networks that return "
                + $"{taken}, or {2 * taken} of which the second half is a variance of type '{LearnedRange}'"),
            (returned == taken || config.Scheduler.PixelTransform == PixelTransform.None,
                "a network that predicts its variance learns the likelihood of the levels 0…255 themselves: leave out dequantisation and logit"),
            (config.Training.Augment == 0 || (network is UNetConfig && returned == taken && config.Scheduler.PixelTransform == PixelTransform.None),
                "augmentation is for U-Nets of diffusers' kind, without dequantisation, logit and a learned variance: leave it out"),
            (!graph.TakesLabels || data.ClassNames.Count > 0,
                "the network is class-conditional, but the data has no class names: put the images of each class in a folder of its own, "
                + "or train a network without classes"),
            (network.ClassNames.Count == 0 || network.ClassNames.SequenceEqual(data.ClassNames),
                $"the data's classes are {Few(data.ClassNames)}, the network's are {Few(network.ClassNames)}"),
            (!graph.TakesLabels || graph.NullClass is not null || !data.SomeUnlabelled,
                "some of the data's images have no label, and the network has no null class that would take its place: train with a label drop above 0, "
                + "or leave these images out"),
            (config.Training.LabelDrop == 0 || graph.NullClass is not null,
                "labels are to be dropped, but the network has no null class that would take their place: turn dropping off, or begin with "
                + "a network that has one"));
        if (engine.Teacher?.Misfit(config) is { } misfit)
        {
            throw new DiffusionException(ErrorKind.Configuration, misfit);
        }
    }

    private static void Require(params ReadOnlySpan<(bool Fits, string Problem)> checks)
    {
        foreach (var (fits, problem) in checks)
        {
            if (!fits)
            {
                throw new DiffusionException(ErrorKind.Configuration, problem);
            }
        }
    }

    /// <summary>
    /// The configuration in force: what was left open is taken from the saved one, or chosen for a new run, which is one
    /// without a checkpoint. Nothing is written.
    /// </summary>
    /// <returns>The configuration, and the changes that were accepted.</returns>
    /// <exception cref="DiffusionException">Something that was already computed would have come out otherwise.</exception>
    public static (RunConfig Config, IReadOnlyList<string> Changes) Resolve(TrainingEngine engine, RunFolder run, RunConfig config, bool allowChanges)
    {
        var saved = run.Latest() is null ? null : RunConfig.Read(run.Config);
        config = config with { Training = Complete(engine, config, saved?.Training) };
        var differences = saved?.Differences(config) ?? [];
        if (differences.Any(RunConfig.IsOfNetwork))
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                $"{run.Root} holds a run of another network, and a run keeps its network:\n  {string.Join("\n  ", differences)}\n"
                + "Go on with the saved values, or choose another folder");
        }

        if (differences.Count > 0 && !allowChanges)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                $"{run.Root} holds a run with another configuration:\n  {string.Join("\n  ", differences)}\n"
                + "Go on with the saved values, choose another folder, or allow changes");
        }

        return (config, differences);
    }

    /// <summary>The weights of a checkpoint.</summary>
    /// <exception cref="DiffusionException">They are not the network's (<see cref="ErrorKind.ModelFile"/>).</exception>
    public static Dictionary<string, HostTensor> ReadWeights(string checkpoint, NetworkGraph graph)
    {
        using var reader = WeightsReader.Open(Path.Combine(checkpoint, Checkpoint.Weights), graph);
        return reader.ReadAll().ToDictionary();
    }

    /// <summary>The losses that t is drawn by; none where there is no checkpoint, or t was not drawn by them, or of other T before.</summary>
    /// <exception cref="DiffusionException">The part is not what was written (<see cref="ErrorKind.ModelFile"/>).</exception>
    public static LossAwareTimesteps ReadTimesteps(string? checkpoint, int T)
    {
        var saved = checkpoint is not null && Checkpoint.Has(checkpoint, Checkpoint.Timesteps) ? ReadPart(checkpoint, Checkpoint.Timesteps) : null;
        return saved is null ? new LossAwareTimesteps(T) : LossAwareTimesteps.Resume(T, saved) ?? throw new DiffusionException(
            ErrorKind.ModelFile, $"{Path.Combine(checkpoint!, Checkpoint.Timesteps)} is not what a run leaves there; write the name of another checkpoint into the run's file 'latest'");
    }

    /// <summary>The tensors of a part of a checkpoint.</summary>
    public static Dictionary<string, HostTensor> ReadPart(string checkpoint, string part)
    {
        using var file = TensorFiles.Open(Path.Combine(checkpoint, part));
        return file.Tensors.Keys.ToDictionary(n => n, n => file.ReadFloat32(n));
    }

    /// <summary>Notes in a run's metrics what a session changed, where it changed anything.</summary>
    public static void Note(RunFolder run, TrainingState state, IReadOnlyList<string> changes)
    {
        if (changes.Count > 0)
        {
            using var lines = new MetricsFile(run.Metrics, state.MetricsLength);
            lines.WriteChanges(state.Images, changes);
            lines.Flush();
        }
    }

    private static string Few(IReadOnlyList<string> names)
    {
        const int shown = 10;
        return string.Join(", ", names.Take(shown)) + (names.Count > shown ? ", …" : "");
    }

    private static TrainingOptions Complete(TrainingEngine engine, RunConfig config, TrainingOptions? saved)
    {
        var options = config.Training;
        var interval = Math.Clamp((options.TotalImages ?? long.MaxValue) / IntervalsPerRun, LeastInterval, MostInterval);
        var graph = Graph(config);
        MemoryPlan.Require(engine, graph, options);

        // What was chosen for an engine is no choice for another.
        var chosen = saved?.Engine == options.Engine ? saved.MicroBatch : null;
        return options with
        {
            MicroBatch = options.MicroBatch ?? chosen ?? MemoryPlan.MicroBatch(engine, graph, options),
            SampleEvery = options.SampleEvery ?? saved?.SampleEvery ?? interval,
            ValidateEvery = options.ValidateEvery ?? saved?.ValidateEvery ?? interval,
            SnapshotEvery = options.PosthocLengths.Count == 0 ? options.SnapshotEvery : options.SnapshotEvery ?? saved?.SnapshotEvery ?? interval,
        };
    }
}
