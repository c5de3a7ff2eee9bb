using DiffusionSharp.Networks;
using DiffusionSharp.Primitives;
using DiffusionSharp.Training;

namespace DiffusionSharp.Torch.Training;

/// <summary>Estimates what training takes, and so how many images may go through the network at once.</summary>
internal static class MemoryPlan
{
    // Autograd keeps about one array per node; workspaces and gradients in flight come on top. It is meant to be high: an image of
    // 96×96 in 64·(1, 2, 2, 4) channels was seen to take 245 MB (ddim train --dry-run, parts of 4 and 12; 6.9 GB with 32).
    private const double Overhead = 1.5;

    // Weights, the gradients of a part and their sum over the parts, two moments; the averages come on top.
    private const int CopiesOfWeights = 5;

    // What libtorch's allocator, the data and the rest of the process take is not estimated.
    private const double UsablePart = 0.6;

    /// <summary>
    /// Images sent through the network at once: what fits the memory that is available. A GPU begins with the whole batch,
    /// which is halved when it does not fit.
    /// </summary>
    public static int MicroBatch(NetworkGraph graph, TrainingOptions options) =>
        options.Device == "cpu" ? MicroBatch(graph, options, (long)(UsablePart * AvailableMemory.Bytes())) : options.BatchSize;

    /// <summary>The largest split of a batch whose parts fit: parts of equal size but the last.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="options">Batch size, precision and averages.</param>
    /// <param name="available">Bytes that may be used.</param>
    public static int MicroBatch(NetworkGraph graph, TrainingOptions options, long available)
    {
        var forImages = available - BytesOfWeights(graph, options);
        var most = Math.Clamp(forImages / BytesPerImage(graph, options), 1, options.BatchSize);
        var parts = (options.BatchSize + most - 1) / most;
        return (int)((options.BatchSize + parts - 1) / parts);
    }

    /// <summary>
    /// Refuses what the processor's memory cannot hold in the smallest parts either, into which a run is split when memory runs out: weights
    /// and all that is kept for each, one image's values without the overhead, and a batch.
    /// </summary>
    /// <exception cref="DiffusionException">There is less memory (<see cref="ErrorKind.Device"/>).</exception>
    public static void Require(NetworkGraph graph, TrainingOptions options)
    {
        if (options.Device == "cpu")
        {
            var batch = 2.0 * sizeof(float) * options.BatchSize * graph.InputShape.Elements;
            MemoryNeed.Require(
                BytesOfWeights(graph, options) + (BytesPerImage(graph, options) / Overhead) + batch,
                FormattableString.Invariant($"{graph.ParameterCount:N0} weights in training, and batches of ")
                    + FormattableString.Invariant($"{options.BatchSize} images of {graph.InputShape},"),
                "choose a smaller network, smaller images or a smaller batch");
        }
    }

    /// <summary>Bytes that autograd keeps for one image.</summary>
    public static long BytesPerImage(NetworkGraph graph, TrainingOptions options) =>
        (long)(graph.Nodes.Sum(n => (long)n.Shape.Elements) * (options.BFloat16 ? 2 : 4) * Overhead);

    /// <summary>Bytes of weights and of all that is kept for each of them.</summary>
    public static long BytesOfWeights(NetworkGraph graph, TrainingOptions options) =>
        graph.ParameterCount * sizeof(float) * (CopiesOfWeights + options.EmaDecays.Count);
}
