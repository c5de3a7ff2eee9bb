using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// A network without what inference can do without: dropout, and two of the four projections of an attention with one head that is as
/// wide as what it projects.
/// </summary>
/// <remarks>
/// With q = Q·x + q₀, k = K·x + k₀, v = V·x + v₀ and O·(…) + o₀ behind the attention:
/// <list type="bullet">
/// <item>qᵀ·k = (Kᵀ·(Q·x + q₀))ᵀ·x' + qᵀ·k₀. The last term is the same for all keys x' of a query, so the softmax ignores it: x itself is the key.</item>
/// <item>The softmax adds up to 1, so O and o₀ may be applied to v before it: the output's projection is part of the value's.</item>
/// </list>
/// </remarks>
/// <param name="Nodes">The nodes; the last one's value is the prediction.</param>
/// <param name="Weights">The weights they read.</param>
internal sealed record InferenceGraph(IReadOnlyList<Node> Nodes, Func<ParameterSpec, HostTensor> Weights)
{
    /// <summary>Of a network; each of its parameters' weights are asked for once.</summary>
    public static InferenceGraph Create(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights)
    {
        var nodes = WithoutDropout(graph);
        var uses = Uses(nodes);
        var (removed, products) = (new HashSet<int>(), new Dictionary<ParameterSpec, ProjectionProduct>());
        for (var i = 0; i < nodes.Length; i++)
        {
            if (Projected(nodes, uses, i) is not var (output, q, k, v))
            {
                continue;
            }

            // Needed no more, and looked at like every other.
            _ = k.Bias?.Accept(weights(k.Bias));
            var inputs = nodes[output.Input].Inputs;
            Replace(inputs[0], new ProjectionProduct(q, k.Weight, transposed: true, outerBias: null, weights));
            Replace(inputs[2], new ProjectionProduct(v, output.Weight, transposed: false, output.Bias, weights));
            removed.UnionWith([inputs[1], i]);
        }

        return new InferenceGraph(Without(nodes, removed.Contains), p => products.TryGetValue(p, out var product) ? product.Values(p) : weights(p));

        void Replace(int i, ProjectionProduct product)
        {
            nodes[i] = nodes[i] with { Operation = new Operation.Linear(product.Weight, product.Bias) };
            products.Add(product.Weight, product);
            if (product.Bias is { } bias)
            {
                products.Add(bias, product);
            }
        }
    }

    /// <summary>A network's nodes but dropout.</summary>
    public static Node[] WithoutDropout(NetworkGraph graph) => Without(graph.Nodes, i => graph.Nodes[i].Operation is Operation.Dropout);

    /// <summary>How many nodes read each one; the prediction is read by the caller.</summary>
    public static int[] Uses(IReadOnlyList<Node> nodes)
    {
        var uses = new int[nodes.Count];
        foreach (var input in nodes.SelectMany(n => n.Inputs).Append(nodes.Count - 1))
        {
            uses[input]++;
        }

        return uses;
    }

    // The projections around an attention that can be folded, found by the last of them.
    private static (Projection Output, Projection Q, Projection K, Projection V)? Projected(Node[] nodes, int[] uses, int i) =>
        Projection.FromNode(nodes[i]) is { } output
        && uses[output.Input] == 1
        && nodes[output.Input] is { Operation: Operation.Attention { Heads: 1, Memory: null } } attention
        && attention.Inputs.All(n => uses[n] == 1)
        && Projection.FromNode(nodes[attention.Inputs[0]]) is { } q
        && Projection.FromNode(nodes[attention.Inputs[1]]) is { } k
        && Projection.FromNode(nodes[attention.Inputs[2]]) is { } v
        && (k.Input, v.Input) == (q.Input, q.Input)
        && (nodes[q.Input].Shape, nodes[i].Shape) == (attention.Shape, attention.Shape) ? (output, q, k, v) : null;

    // Whoever reads a removed node reads what it read. What follows the prediction is never read.
    private static Node[] Without(IReadOnlyList<Node> nodes, Func<int, bool> removed)
    {
        var (kept, places) = (new List<Node>(), new int[nodes.Count]);
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = removed(i) ? places[nodes[i].Inputs[0]] : kept.Count;
            if (!removed(i))
            {
                kept.Add(nodes[i] with { Inputs = [.. nodes[i].Inputs.Select(n => places[n])] });
            }
        }

        return [.. kept.Take(places[^1] + 1)];
    }
}
