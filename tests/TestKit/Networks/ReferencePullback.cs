using DiffusionSharp.Networks;
using DiffusionSharp.Noise;

namespace TestKit.Networks;

/// <summary>The scalar Σ u·m of a network's prediction m, with random u, and its derivatives by x and t in float64.</summary>
public sealed class ReferencePullback
{
    private readonly NetworkCase network;
    private readonly Dictionary<ParameterSpec, double[]> parameters;

    /// <summary>Of a call; u is drawn from its seed.</summary>
    public ReferencePullback(NetworkCase network)
    {
        ArgumentNullException.ThrowIfNull(network);
        this.network = network;
        parameters = network.Graph.Parameters.ToDictionary(p => p, p => Array.ConvertAll(network.Weights[p.Name].Data, v => (double)v));
        U = new float[network.Count * network.Graph.OutputShape.Elements];
        CounterNoise.Gaussian(network.Seed, -9, U.AsSpan());
    }

    /// <summary>u, [N, C', H', W'].</summary>
    public float[] U { get; }

    /// <summary>Σ u·m at x moved along a direction, and at timesteps moved along another.</summary>
    public double Scalar(double[] x, double[] timesteps)
    {
        var (reference, sum) = (new ReferenceNetwork(network.Graph, p => parameters[p]), 0.0);
        var (inputs, outputs) = (network.Graph.InputShape.Elements, network.Graph.OutputShape.Elements);
        for (var n = 0; n < network.Count; n++)
        {
            var m = reference.Values(x[(n * inputs)..((n + 1) * inputs)], timesteps[n], Label(n), dropout: null)[^1];
            for (var i = 0; i < outputs; i++)
            {
                sum += U[(n * outputs) + i] * m[i];
            }
        }

        return sum;
    }

    /// <summary>By one rule an operation: ∂/∂x, [N, C, H, W], and ∂/∂t, [N].</summary>
    public (double[] ByX, double[] ByTimesteps) Derivatives()
    {
        var (graph, x, t) = (network.Graph, new List<double>(), new double[network.Count]);
        var (reference, outputs) = (new ReferenceNetwork(graph, p => parameters[p]), graph.OutputShape.Elements);
        for (var n = 0; n < network.Count; n++)
        {
            var values = reference.Values(network.X.AsSpan(n * graph.InputShape.Elements, graph.InputShape.Elements), network.Timesteps[n], Label(n));
            var backward = new ReferenceBackward(graph, parameters, values, dropout: null);
            backward.Run(Array.ConvertAll(U[(n * outputs)..((n + 1) * outputs)], v => (double)v));
            x.AddRange(Sum<Operation.InputX>(backward, graph.InputShape.Elements));
            t[n] = Sum<Operation.InputTimestep>(backward, 1)[0];
        }

        return ([.. x], t);
    }

    private double[] Sum<TOperation>(ReferenceBackward backward, int elements)
    {
        var sum = new double[elements];
        for (var i = 0; i < network.Graph.Nodes.Count; i++)
        {
            if (network.Graph.Nodes[i].Operation is TOperation && backward.Nodes[i] is { } gradient)
            {
                Rows.AddProduct(sum, 1, gradient);
            }
        }

        return sum;
    }

    private int Label(int n) => network.Labels.Length == 0 ? 0 : network.Labels[n];
}
