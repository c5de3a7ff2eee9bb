using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;

namespace TestKit.Networks;

/// <summary>A network with weights and the inputs of one call, all made from a seed unless they are given.</summary>
public sealed class NetworkCase
{
    /// <summary>Draws weights and inputs.</summary>
    public NetworkCase(NetworkGraph graph, ulong seed, int count)
        : this(graph, seed, count, RandomWeights.Create(graph, seed))
    {
        X = new float[count * graph.InputShape.Elements];
        CounterNoise.Gaussian(seed, -1, X.AsSpan());
        Timesteps = new double[count];
        CounterNoise.Uniform(seed, -2, Timesteps);

        // Some whole, some of them the same: images that share a timestep may share what is made of it.
        Timesteps = Array.ConvertAll(Timesteps, u => u < 0.5 ? 500 : u < 0.75 ? Math.Floor(1000 * u) : 1000 * u);
        if (graph.TakesLabels)
        {
            var labels = new uint[count];
            CounterNoise.UInt32s(seed, -3, labels);
            var classes = graph.NullClass + 1 ?? graph.ClassCount ?? 1000;
            Labels = Array.ConvertAll(labels, v => (int)(v % (uint)classes));
        }
    }

    private NetworkCase(NetworkGraph graph, ulong seed, int count, IReadOnlyDictionary<string, HostTensor> weights) =>
        (Graph, Seed, Count, Weights) = (graph, seed, count, weights);

    public NetworkGraph Graph { get; }

    public ulong Seed { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    public IReadOnlyDictionary<string, HostTensor> Weights { get; init; }

    /// <summary>[N, C, H, W].</summary>
    public float[] X { get; init; } = [];

    /// <summary>[N].</summary>
    public double[] Timesteps { get; init; } = [];

    /// <summary>[N], or empty.</summary>
    public int[] Labels { get; init; } = [];

    /// <summary>The call.</summary>
    public DenoiserInput Input => new() { Count = Count, Shape = Graph.InputShape, X = X, Timesteps = Timesteps, Labels = Labels };

    /// <summary>The call for some of the images, in the order given.</summary>
    public NetworkCase Pick(params int[] images) => new(Graph, Seed, images.Length, Weights)
    {
        X = [.. images.SelectMany(i => X.AsSpan(i * Graph.InputShape.Elements, Graph.InputShape.Elements).ToArray())],
        Timesteps = [.. images.Select(i => Timesteps[i])],
        Labels = Labels.Length == 0 ? [] : [.. images.Select(i => Labels[i])],
    };

    /// <summary>The same call of the network that ends at a node.</summary>
    public NetworkCase EndedAt(int node) =>
        new(new NetworkGraph([.. Graph.Nodes.Take(node + 1)], Graph.Parameters, Graph.InputShape, Graph.ClassCount, Graph.NullClass), Seed, Count, Weights)
        {
            X = X,
            Timesteps = Timesteps,
            Labels = Labels,
        };

    /// <summary>The network on an engine; dispose it.</summary>
    public IDenoiser On(Engine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine(Graph, p => Weights[p.Name]);
    }

    /// <summary>Calls the network.</summary>
    public float[] Predict(IDenoiser denoiser)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        var prediction = new float[Count * Graph.OutputShape.Elements];
        denoiser.Predict(Input, prediction);
        return prediction;
    }

    /// <summary>Calls the network on an engine, once.</summary>
    public float[] Predict(Engine engine)
    {
        var denoiser = On(engine);
        using var disposed = denoiser;
        return Predict(denoiser);
    }

    /// <summary>The same in float64.</summary>
    public double[] Reference() => new ReferenceNetwork(Graph, p => Weights[p.Name]).Predict(Input);

    /// <summary>The graph, line by line.</summary>
    public override string ToString() => string.Join('\n', [
        FormattableString.Invariant($"seed {Seed}, {Count} images of {Graph.InputShape}"),
        .. Graph.Nodes.Select((n, i) => FormattableString.Invariant($"{i,4} {n.Name,-32} {n.Shape,-10} {Describe(n.Operation)} of {n.Inputs}"))]) + "\n";

    // The records print their parameters too.
    private static FormattableString Describe(Operation operation) => operation switch
    {
        Operation.Conv2d c => $"convolution {c.Kernel}, stride {c.Stride}, padding {c.Padding}",
        Operation.GroupNorm n => $"norm, {n.Groups} groups, epsilon {n.Epsilon}",
        Operation.Linear or Operation.Embedding => $"{operation.GetType().Name}",
        Operation.RmsNorm n => $"norm of pixels, floor {n.Floor}",
        Operation.Attention a => $"attention, {a.Heads} heads, memory {a.Memory?.Shape[2] ?? 0}",
        Operation.LinearAttention a => $"linear attention, {a.Heads} heads, memory {a.Memory?.Shape[3] ?? 0}",
        _ => $"{operation}",
    };
}
