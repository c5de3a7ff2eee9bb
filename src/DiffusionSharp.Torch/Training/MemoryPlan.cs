using DiffusionSharp.Networks;

namespace DiffusionSharp.Torch.Training;

/// <summary>Estimates what training takes, and so how many images may go through the network at once.</summary>
internal static class MemoryPlan
{
    // Autograd keeps about one array per node; workspaces and gradients in flight add to that. Measured with bench/.
    private const double Overhead = 1.5;

    // Weights, gradients, two moments and the average.
    private const int CopiesOfWeights = 5;

    /// <summary>Bytes that autograd keeps for one image.</summary>
    public static long BytesPerImage(NetworkGraph graph, bool bfloat16) =>
        (long)(graph.Nodes.Sum(n => (long)n.Shape.Elements) * (bfloat16 ? 2 : 4) * Overhead);

    /// <summary>Bytes a run with this micro-batch takes, about.</summary>
    public static long Total(NetworkGraph graph, bool bfloat16, int microBatch) =>
        (graph.ParameterCount * sizeof(float) * CopiesOfWeights) + (BytesPerImage(graph, bfloat16) * microBatch);

    /// <summary>The largest divisor-like split of a batch whose parts fit: parts of equal size but the last.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="bfloat16">The compute precision.</param>
    /// <param name="batchSize">Images per update.</param>
    /// <param name="available">Bytes that may be used.</param>
    public static int MicroBatch(NetworkGraph graph, bool bfloat16, int batchSize, long available)
    {
        var forImages = available - (graph.ParameterCount * sizeof(float) * CopiesOfWeights);
        var most = Math.Clamp(forImages / BytesPerImage(graph, bfloat16), 1, batchSize);
        var parts = (batchSize + most - 1) / most;
        return (int)((batchSize + parts - 1) / parts);
    }

    /// <summary>Memory that a run on the CPU may take: three fifths of what is free.</summary>
    public static long Available()
    {
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        return (long)(0.6 * Math.Max(0, info.TotalAvailableMemoryBytes - Environment.WorkingSet));
    }
}
