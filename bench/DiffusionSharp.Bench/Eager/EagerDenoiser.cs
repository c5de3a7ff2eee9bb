using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>One network call of the peer, from host memory to host memory.</summary>
internal sealed class EagerDenoiser : IDenoiser, IDisposable
{
    private readonly EagerUNet network;

    public EagerDenoiser(UNetConfig config, IReadOnlyDictionary<string, HostTensor> weights)
    {
        network = new EagerUNet(config, weights);
        network.eval();
        OutputChannels = config.OutChannels;
    }

    public int OutputChannels { get; }

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var s = input.Shape;
        var x = tensor(input.X.ToArray(), [input.Count, s.Channels, s.Height, s.Width]);
        var t = tensor(input.Timesteps.ToArray(), dtype: ScalarType.Float32);
        network.forward(x, t).data<float>().CopyTo(prediction);
    }

    public void Dispose() => network.Dispose();
}
