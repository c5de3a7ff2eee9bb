using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Runs;

/// <summary>What a run would take, measured by two updates in a folder that is deleted again.</summary>
internal sealed record DryRun(
    long Parameters, double GflopPerImage, int Batch, int? MicroBatch, long MemoryBytes, double ImagesPerSecond, long? TotalImages, double Seconds)
{
    /// <summary>Does the two updates.</summary>
    public static DryRun Measure(RunConfig config, IBatchSource data, Func<ParameterSpec, HostTensor>? weights, TimeProvider clock)
    {
        var scratch = Directory.CreateTempSubdirectory("ddim-dry-run-");
        try
        {
            using var trainer = Trainer.Open(scratch.FullName, config, data, initialWeights: weights, clock: clock);
            var (seconds, memory) = trainer.DryRun();
            var t = trainer.Config.Training;
            var byImages = t.TotalImages is long total ? seconds * total / t.BatchSize : double.PositiveInfinity;
            return new DryRun(
                trainer.Graph.ParameterCount,
                trainer.Graph.FlopsPerImage / 1e9,
                t.BatchSize,
                t.MicroBatch,
                memory,
                t.BatchSize / seconds,
                t.TotalImages,
                Math.Min(byImages, t.MaxSeconds ?? double.PositiveInfinity));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>The findings as lines.</summary>
    public string Text() => FormattableString.Invariant($"""
        parameters   {Human.Count(Parameters)}
        GFLOP/image  {GflopPerImage:F3}
        batch        {Batch} in parts of {MicroBatch}
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
