using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Runs a network with libtorch.</summary>
public sealed class TorchDenoiser : IDenoiser, IDisposable
{
    private readonly TorchNetwork network;
    private readonly bool takesLabels;

    /// <summary>Puts a network's weights on a device.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="weights">Gives the weights of a parameter; called once for each.</param>
    /// <param name="options">Device and precision.</param>
    /// <exception cref="DiffusionException">A shape does not fit, or the device cannot be used.</exception>
    public TorchDenoiser(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, TorchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        network = new TorchNetwork(graph, weights, options ?? new TorchOptions(), trainable: false);
        takesLabels = graph.Nodes.Any(n => n.Operation is Operation.InputLabel);
    }

    /// <inheritdoc/>
    public int OutputChannels => network.Graph.OutputShape.Channels;

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        if (input.Shape != network.Graph.InputShape)
        {
            throw new DiffusionException(ErrorKind.Usage, $"the images are {input.Shape}, the network takes {network.Graph.InputShape}");
        }

        try
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var x = HostCopy.ToTensor(input.X, [input.Count, input.Shape.Channels, input.Shape.Height, input.Shape.Width], network.Device);
            var t = tensor(input.Timesteps.ToArray(), ScalarType.Float64, network.Device);
            var m = network.Forward(x, t, Labels(input), train: false, input.CancellationToken);
            HostCopy.Read(m, prediction);
        }
        catch (System.Runtime.InteropServices.ExternalException e)
        {
            throw TorchError.Wrap(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    private Tensor? Labels(DenoiserInput input)
    {
        if (!takesLabels)
        {
            return null;
        }

        // A label that goes through the timestep's sinusoid may be any number.
        var classes = network.Graph.NullClass + 1 ?? network.Graph.ClassCount ?? int.MaxValue;

        if (input.Labels.Length != input.Count)
        {
            throw new DiffusionException(ErrorKind.Usage, $"the network is class-conditional: {input.Count} images need {input.Count} labels, {input.Labels.Length} were given");
        }

        var labels = new long[input.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = input.Labels[i] >= 0 && input.Labels[i] < classes
                ? input.Labels[i]
                : throw new DiffusionException(ErrorKind.Usage, $"label {input.Labels[i]} of image {i} is outside 0…{classes - 1}");
        }

        return tensor(labels, ScalarType.Int64, network.Device);
    }
}
