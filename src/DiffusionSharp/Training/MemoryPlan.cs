using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training;

/// <summary>How many images may go through the network at once, by what an engine says that they take.</summary>
internal static class MemoryPlan
{
    // The data, the pictures drawn on the way and the rest of the process take something, too.
    private const double UsableFraction = 0.8;

    /// <summary>Images sent through the network at once, by the memory that is available.</summary>
    public static int MicroBatch(TrainingEngine engine, NetworkGraph graph, TrainingOptions options) =>
        MicroBatch(engine, graph, options, (long)(UsableFraction * AvailableMemory.Bytes()));

    /// <summary>The whole batch where it fits, and else the largest power of two that does; 1 where nothing does.</summary>
    /// <param name="engine">The engine; what it does not know is taken to fit.</param>
    /// <param name="graph">The network.</param>
    /// <param name="options">Batch size, precision and averages.</param>
    /// <param name="available">Bytes that may be used.</param>
    public static int MicroBatch(TrainingEngine engine, NetworkGraph graph, TrainingOptions options, long available)
    {
        var images = options.BatchSize;
        while (images > 1 && engine.Memory?.Invoke(graph, options, images) > available)
        {
            images = 1 << System.Numerics.BitOperations.Log2((uint)images - 1);
        }

        return images;
    }

    /// <summary>Refuses what the processor's memory cannot hold in micro-batches of one image either.</summary>
    /// <exception cref="DiffusionException">There is less memory (<see cref="ErrorKind.Device"/>).</exception>
    public static void Require(TrainingEngine engine, NetworkGraph graph, TrainingOptions options)
    {
        var batch = 2.0 * sizeof(float) * options.BatchSize * graph.InputShape.Elements;
        MemoryNeed.Require(
            (engine.Memory?.Invoke(graph, options, 1) ?? 0) + batch,
            FormattableString.Invariant($"{graph.ParameterCount:N0} weights in training, and batches of ")
                + FormattableString.Invariant($"{options.BatchSize} images of {graph.InputShape},"),
            "choose a smaller network, smaller images or a smaller batch");
    }
}
