using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using TorchSharp;

namespace DiffusionSharp.Torch.Training;

/// <summary>libtorch as the trainer takes it.</summary>
public static class TorchTrainingEngine
{
    /// <summary>Trains on the device that the options name. Bits are the same for a fixed number of threads and a fixed micro-batch.</summary>
    public static TrainingEngine Engine { get; } = new(EngineNames.Libtorch, Create, MemoryGuess.Bytes);

    private static TorchTrainingNetwork Create(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights)
    {
        if (graph.OutputShape.Channels != graph.InputShape.Channels)
        {
            throw new DiffusionException(
                ErrorKind.Configuration, $"the network predicts its variance ({graph.OutputShape.Channels} channels for {graph.InputShape.Channels}), which engine "
                + $"{EngineNames.Libtorch} does not train: choose engine {EngineNames.Managed}");
        }

        if (options.Augment > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"augmentation is for engine {EngineNames.Managed}: leave it out (augment 0), or choose that engine");
        }

        TorchNative.EnsureLoaded();
        if (options.Threads > 0)
        {
            torch.set_num_threads(options.Threads);
        }

        return new TorchTrainingNetwork(graph, options, weights);
    }
}
