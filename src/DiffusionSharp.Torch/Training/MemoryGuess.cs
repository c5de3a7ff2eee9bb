using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Torch.Training;

/// <summary>Estimates what training takes.</summary>
internal static class MemoryGuess
{
    // Autograd keeps about one array per node; workspaces, gradients in flight and what libtorch's allocator holds come on top. It is meant
    // to be high: an image of 96×96 in 64·(1, 2, 2, 4) channels was seen to take 245 MB (a dry run of ddim train, micro-batches of 4 and 12; 6.9 GB with 32).
    private const int Overhead = 2;

    // Weights, the gradients of a micro-batch and their sum over the micro-batches, two moments; the averages come on top.
    private const int CopiesOfWeights = 5;

    /// <summary>Bytes of the processor's memory that are taken with a number of images in the network at once; a GPU has its own.</summary>
    public static long Bytes(NetworkGraph graph, TrainingOptions options, int images) =>
        options.Device == "cpu" ? BytesOfWeights(graph, options) + (images * BytesPerImage(graph, options)) : 0;

    /// <summary>Bytes that autograd keeps for one image.</summary>
    public static long BytesPerImage(NetworkGraph graph, TrainingOptions options) =>
        graph.Nodes.Sum(n => (long)n.Shape.Elements) * (options.BFloat16 ? 2 : 4) * Overhead;

    /// <summary>Bytes of weights and of all that is kept for each of them.</summary>
    public static long BytesOfWeights(NetworkGraph graph, TrainingOptions options) =>
        graph.ParameterCount * sizeof(float) * (CopiesOfWeights + options.AverageCount);
}
