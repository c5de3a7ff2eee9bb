using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;
using TorchSharp;

namespace DiffusionSharp.Torch.Training;

/// <summary>libtorch as the trainer takes it.</summary>
public static class TorchTrainingEngine
{
    /// <summary>Trains on the device that the options name. Bits are the same for a fixed number of threads and a fixed micro-batch.</summary>
    public static TrainingEngine Engine { get; } = new(TrainingEngine.Libtorch, Create, MemoryGuess.Bytes);

    private static TorchTrainingNetwork Create(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights)
    {
        TorchNative.EnsureLoaded();
        if (options.Threads > 0)
        {
            torch.set_num_threads(options.Threads);
        }

        return new TorchTrainingNetwork(graph, options, weights);
    }
}
