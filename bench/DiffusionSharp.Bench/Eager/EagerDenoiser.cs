using DiffusionSharp.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>One network call of the peer, from host memory to host memory.</summary>
/// <remarks>Images in channels-last layout keep it through the whole network; libtorch chooses its convolutions accordingly.</remarks>
internal sealed class EagerDenoiser : IDenoiser
{
    private readonly EagerUNet network;
    private readonly ScalarType type;
    private readonly bool channelsLast;

    public EagerDenoiser(
        UNetConfig config, IReadOnlyDictionary<string, HostTensor> weights, ScalarType type = ScalarType.Float32, bool channelsLast = false)
    {
        (this.type, this.channelsLast) = (type, channelsLast);
        network = new EagerUNet(config, weights);
        network.to(type);
        network.eval();
        OutputChannels = config.OutChannels;
    }

    public int OutputChannels { get; }

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var s = input.Shape;
        var x = tensor(input.X.ToArray(), [input.Count, s.Channels, s.Height, s.Width]).to(type);
        if (channelsLast)
        {
            x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        }

        var t = tensor(input.Timesteps.ToArray(), dtype: type == ScalarType.Float64 ? type : ScalarType.Float32);
        network.forward(x, t).to(ScalarType.Float32).contiguous().data<float>().CopyTo(prediction);
    }

    public void Dispose() => network.Dispose();
}
