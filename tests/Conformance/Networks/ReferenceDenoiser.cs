using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>The float64 evaluation as an engine: what a chain is off by is then the sampler's.</summary>
internal sealed class ReferenceDenoiser(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights) : IDenoiser
{
    private readonly ReferenceNetwork network = new(graph, weights);

    public int OutputChannels => graph.OutputShape.Channels;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var exact = network.Predict(input);
        for (var i = 0; i < exact.Length; i++)
        {
            prediction[i] = (float)exact[i];
        }
    }
}
