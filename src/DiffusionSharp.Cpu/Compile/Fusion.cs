using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// From nodes to fewer nodes: the additions, the scale and shift, the ReLU and the SiLU that follow a convolution, an attention or a normalisation
/// alone become part of it.
/// </summary>
internal sealed class Fusion
{
    private readonly IReadOnlyList<Node> nodes;
    private readonly int[] uses;
    private readonly int[] places;
    private readonly bool training;
    private readonly List<FusedNode?> fused = [];

    private Fusion(IReadOnlyList<Node> nodes, bool training)
    {
        (this.nodes, this.training, uses, places) = (nodes, training, InferenceGraph.Uses(nodes), new int[nodes.Count]);
    }

    /// <summary>Fuses nodes; the last one's value stays the prediction.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="training">Whether each image has a timestep of its own, and nodes are those of the network, which dropout counts.</param>
    public static FusedNode[] Fuse(IReadOnlyList<Node> nodes, bool training = false)
    {
        var fusion = new Fusion(nodes, training);
        for (var i = 0; i < nodes.Count; i++)
        {
            fusion.Append(i, nodes[i]);
        }

        return fusion.Finish();
    }

    private FusedNode[] Finish()
    {
        var moved = new int[fused.Count];
        var kept = new List<FusedNode>();
        for (var i = 0; i < fused.Count; i++)
        {
            moved[i] = kept.Count;
            if (fused[i] is { } node)
            {
                kept.Add(node.Moved(p => moved[p]));
            }
        }

        return [.. kept];
    }

    private void Append(int i, Node node)
    {
        var inputs = node.Inputs;
        var joined = node.Operation switch
        {
            Operation.Silu => Alone(inputs[0]) is { IsNormalization: true, Silu: false, Dropout: null } held ? held with { Silu = true } : null,
            Operation.Relu => Alone(inputs[0]) is { IsConvolution: true, Relu: false } held ? held with { Relu = true } : null,
            Operation.Dropout dropout => Alone(inputs[0]) is { Operation: Operation.GroupNorm, Dropout: null } held ? held with { Dropout = (dropout.Probability, i) } : null,
            Operation.ScaleShift => Alone(inputs[0]) is { IsNormalization: true, ScaleShift: null, Silu: false, Dropout: null } held && Fits(held, inputs[1])
                ? held with { ScaleShift = places[inputs[1]] }
                : null,
            Operation.AddPerChannel => Alone(inputs[0]) is { IsConvolution: true, Vector: null, Residual: null, Relu: false } held && Fits(held, inputs[1])
                ? held with { Vector = places[inputs[1]] }
                : null,
            Operation.Add => Sum(inputs[0], inputs[1]),
            _ => null,
        };
        if (joined is not null)
        {
            var host = node.Operation is Operation.Add ? Math.Max(inputs[0], inputs[1]) : inputs[0];
            fused[places[host]] = null;
        }

        fused.Add(joined is null ? Single(i, node) : joined with { Name = node.Name });
        places[i] = fused.Count - 1;
    }

    private FusedNode Single(int i, Node node)
    {
        var perCondition = !training && node.Operation is not Operation.InputX && node.Inputs.All(n => FusedAt(n).PerCondition);
        return new FusedNode(node.Name, node.Operation, [.. node.Inputs.Select(n => places[n])], node.Shape, perCondition)
        {
            Dropout = node.Operation is Operation.Dropout d ? (d.Probability, i) : null,
        };
    }

    // The later one takes the other in.
    private FusedNode? Sum(int a, int b)
    {
        var (host, guest) = a > b ? (a, b) : (b, a);
        return a != b && Alone(host) is { Residual: null, Relu: false } held && (held.IsConvolution || held.Operation is Operation.Attention) && held.PerCondition == FusedAt(guest).PerCondition
            ? held with { Residual = places[guest] }
            : null;
    }

    // A value of a condition cannot take one of an image into its step.
    private bool Fits(FusedNode held, int vector) => !held.PerCondition || FusedAt(vector).PerCondition;

    // A node whose value nobody else reads.
    private FusedNode? Alone(int value) => uses[value] == 1 ? FusedAt(value) : null;

    private FusedNode FusedAt(int value) => fused[places[value]]!;
}
