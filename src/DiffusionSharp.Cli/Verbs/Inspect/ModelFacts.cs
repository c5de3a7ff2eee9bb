using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>What a model or a run says of itself.</summary>
internal static class ModelFacts
{
    public static JsonObject Model(string path, Wanted wanted)
    {
        var source = wanted.Open(path);
        return Describe("model folder", path, source.Network, source.Scheduler, source.WeightsPath, source.Notes);
    }

    /// <param name="path">The run, or one of its checkpoints.</param>
    /// <param name="run">The run.</param>
    /// <param name="checkpoint">The checkpoint; null before the first.</param>
    /// <param name="wanted">Which of its sets of weights is meant.</param>
    public static JsonObject Run(string path, RunFolder run, string? checkpoint, Wanted wanted)
    {
        var config = RunConfig.Read(run.Config);
        var source = checkpoint is null ? null : wanted.Open(path);
        var older = source is { OfRun.IsLatest: false };
        var facts = Describe(
            older ? "checkpoint of a training run" : "training run", path, config.Network, config.Scheduler, source?.WeightsPath, source?.Notes ?? []);
        var t = config.Training;
        facts["training"] = new JsonObject
        {
            ["engine"] = t.Engine,
            ["data"] = config.Data,
            ["dataIs"] = config.DataFingerprint,
            ["images"] = checkpoint is null ? 0 : Checkpoint.ReadState(checkpoint).Images,
            ["totalImages"] = t.TotalImages,
            ["maxSeconds"] = t.MaxSeconds,
            ["batch"] = t.BatchSize,
            ["optimizer"] = $"{t.Optimizer} {t.LearningRate}, {t.Decay}",
            ["loss"] = $"{t.Loss}, {t.Reduction}",
            ["ema"] = JsonParts.List(t.EmaDecays),
            ["labelDrop"] = t.LabelDrop,
            ["seed"] = t.Seed,
            [older ? "checkpoint" : "latest"] = checkpoint,
        };
        return facts;
    }

    /// <summary>Network and schedule.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Describe(ModelSource source) => Describe(source.Network, source.Scheduler, source.Notes);

    private static JsonObject Describe(string kind, string path, NetworkConfig network, SchedulerConfig scheduler, string? weights, IEnumerable<string> notes) => new(
    [
        new("kind", kind),
        new("path", path),
        new("weights", weights),
        .. Describe(network, scheduler, notes),
        new("tensors", JsonParts.Map(network.Build().Parameters.Select(p => KeyValuePair.Create(p.Name, p.Shape.ToString())))),
    ]);

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Describe(NetworkConfig network, SchedulerConfig scheduler, IEnumerable<string> notes)
    {
        var graph = network.Build();
        var unet = network as UNetConfig;
        var lucidrains = network as LucidrainsUNetConfig;
        yield return new("network", new JsonObject
        {
            ["images"] = graph.InputShape.ToString(),
            ["output"] = graph.OutputShape.ToString(),
            ["parameters"] = graph.ParameterCount,
            ["flopPerImage"] = graph.FlopsPerImage,
            ["channels"] = JsonParts.List(unet?.BlockOutChannels ?? [.. lucidrains!.DimMults.Select(m => m * lucidrains.Dim)]),
            ["down"] = unet is null ? null : JsonParts.List(unet.DownBlockTypes),
            ["layersPerBlock"] = unet?.LayersPerBlock,
            ["groups"] = unet?.NormNumGroups,
            ["dropout"] = unet?.Dropout ?? lucidrains!.Dropout,
            ["classes"] = graph.ClassCount,
            ["classNames"] = network.ClassNames.Count == 0 ? null : JsonParts.List(network.ClassNames),
            ["nullClass"] = graph.NullClass,
        });
        yield return new("schedule", new JsonObject
        {
            ["noise"] = scheduler.ToSchedule().ToString(),
            ["T"] = scheduler.NumTrainTimesteps,
            ["predicts"] = scheduler.PredictionType.ToString(),
            ["sigmaData"] = scheduler.Edm?.SigmaData,
            ["clip"] = scheduler.ClipSample,
        });
        if (notes.Any())
        {
            yield return new("assumed", JsonParts.List(notes));
        }
    }
}
