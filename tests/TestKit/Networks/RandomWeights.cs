using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;

namespace TestKit.Networks;

/// <summary>Weights of which none is zero, at a scale that keeps values near 1: a function of the parameter's place and the seed.</summary>
public static class RandomWeights
{
    /// <summary>The parameters by name.</summary>
    public static Dictionary<string, HostTensor> Create(NetworkGraph graph, ulong seed) =>
        graph.Parameters.Index().ToDictionary(p => p.Item.Name, p => Draw(p.Item, seed, p.Index));

    private static HostTensor Draw(ParameterSpec p, ulong seed, long stream)
    {
        // A vector is a bias or a norm's scale; a label table has no fan-in.
        var (mean, deviation) = p.Initialization switch
        {
            Initialization.One => (1, 0.2),
            Initialization.StandardNormal => (0, 1),
            _ when p.Shape.Count == 1 => (0, 0.2),
            _ => (0, Math.Sqrt((double)p.Shape[0] / p.Elements)),
        };
        var data = new float[p.Elements];
        CounterNoise.Gaussian(seed, stream, data.AsSpan());
        return new HostTensor([.. p.Shape], Array.ConvertAll(data, v => (float)(mean + (deviation * v))));
    }
}
