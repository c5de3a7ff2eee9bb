using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>What a run would take, measured by two updates.</summary>
internal sealed record DryRun(
    long Parameters, double GflopPerImage, int Batch, int? MicroBatch, long MemoryBytes, double ImagesPerSecond, long? TotalImages, double Seconds)
{
    /// <summary>What two updates say of a whole run.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="options">The options in force.</param>
    /// <param name="seconds">Time of an update.</param>
    /// <param name="memory">Memory of the process.</param>
    public static DryRun Estimate(NetworkGraph graph, TrainingOptions options, double seconds, long memory)
    {
        var byImages = options.TotalImages is long total ? seconds * total / options.BatchSize : double.PositiveInfinity;
        return new DryRun(
            graph.ParameterCount,
            graph.FlopsPerImage / 1e9,
            options.BatchSize,
            options.MicroBatch,
            memory,
            options.BatchSize / seconds,
            options.TotalImages,
            Math.Min(byImages, options.MaxSeconds ?? double.PositiveInfinity));
    }

    /// <summary>The findings as lines.</summary>
    public string Text() => FormattableString.Invariant($"""
        parameters   {Human.Count(Parameters)}
        GFLOP/image  {GflopPerImage:F3}
        batch        {Batch} in parts of up to {MicroBatch}
        memory       {Human.Bytes(MemoryBytes)}
        images/s     {ImagesPerSecond:F1}
        ETA          {Human.Time(TimeSpan.FromSeconds(Seconds))}{(TotalImages is long images ? $" for {Human.Count(images)} images" : "")}
        """);

    /// <summary>The findings as JSON.</summary>
    public JsonObject Json() => new()
    {
        ["parameters"] = Parameters,
        ["gflopPerImage"] = GflopPerImage,
        ["batch"] = Batch,
        ["microBatch"] = MicroBatch,
        ["memoryBytes"] = MemoryBytes,
        ["imagesPerSecond"] = ImagesPerSecond,
        ["totalImages"] = TotalImages,
        ["seconds"] = Seconds,
    };
}
