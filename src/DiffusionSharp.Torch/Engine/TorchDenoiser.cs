using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Ops;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Runs a network with libtorch.</summary>
public sealed class TorchDenoiser : IDenoiser
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
        takesLabels = graph.TakesLabels;
    }

    /// <summary>Runs a network that its owner keeps.</summary>
    internal TorchDenoiser(TorchNetwork network) => (this.network, takesLabels) = (network, network.Graph.TakesLabels);

    /// <inheritdoc/>
    public int OutputChannels => network.Graph.OutputShape.Channels;

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        network.Graph.Require(input, prediction.Length);
        try
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var x = HostCopy.ToTensor(input.X, [input.Count, input.Shape.Channels, input.Shape.Height, input.Shape.Width], network.Device);
            var t = tensor(input.Timesteps.ToArray(), ScalarType.Float64, network.Device);
            var labels = takesLabels ? tensor([.. input.Labels], ScalarType.Int64, network.Device) : null;
            var m = network.Forward(x, t, labels, cancellationToken: input.CancellationToken);
            HostCopy.Read(m, prediction);
        }
        catch (System.Runtime.InteropServices.ExternalException e)
        {
            throw TorchError.Wrap(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
