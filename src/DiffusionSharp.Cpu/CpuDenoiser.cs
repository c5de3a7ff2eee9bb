using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu;

/// <summary>A network on the managed engine.</summary>
internal sealed class CpuDenoiser : IDenoiser, IDisposable
{
    public CpuDenoiser(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, CpuOptions options) => throw new NotImplementedException("being written");

    /// <inheritdoc/>
    public int OutputChannels => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
