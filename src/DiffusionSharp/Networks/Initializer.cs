using DiffusionSharp.Noise;

namespace DiffusionSharp.Networks;

/// <summary>Makes the parameters a training run begins with: a pure function of the graph and the seed.</summary>
public static class Initializer
{
    /// <summary>Draws every parameter.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="seed">The seed; parameter number k draws from stream k.</param>
    /// <returns>The parameters by name, in the graph's order.</returns>
    public static OrderedDictionary<string, HostTensor> Create(NetworkGraph graph, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var result = new OrderedDictionary<string, HostTensor>();
        for (var k = 0; k < graph.Parameters.Count; k++)
        {
            var p = graph.Parameters[k];
            result.Add(p.Name, new HostTensor([.. p.Shape], Draw(p, seed, k)));
        }

        return result;
    }

    private static float[] Draw(ParameterSpec p, ulong seed, long stream)
    {
        var data = new float[p.Elements];
        switch (p.Initialization)
        {
            case Initialization.Zero:
                break;
            case Initialization.One:
                data.AsSpan().Fill(1);
                break;
            case Initialization.StandardNormal:
                CounterNoise.Gaussian(seed, stream, data.AsSpan());
                break;
            case Initialization.FanAverageUniform:
                var uniform = new double[data.Length];
                CounterNoise.Uniform(seed, stream, uniform);
                var receptive = p.Shape.Skip(2).Aggregate(1L, (n, d) => n * d);
                var limit = Math.Sqrt(6.0 / ((p.Shape[0] + p.Shape[1]) * receptive));
                for (var i = 0; i < data.Length; i++)
                {
                    data[i] = (float)(((2 * uniform[i]) - 1) * limit);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(p), p.Initialization, "unknown initialisation");
        }

        return data;
    }
}
