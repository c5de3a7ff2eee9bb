using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>The norms whose values the forward pass does not keep for the backward pass: all that needs them there are convolutions, for their weights.</summary>
internal sealed class RecomputedNorms(FusedNode[] nodes)
{
    private readonly ILookup<int, FusedNode> readers =
        nodes.SelectMany(n => n.Reads.Distinct().Select(r => (Node: n, Read: r))).ToLookup(p => p.Read, p => p.Node);

    /// <summary>The norm whose value a convolution's input is, or is an upsampled or padded form of; null where that is kept.</summary>
    public int? ReadBy(int input)
    {
        var source = nodes[input].Operation is Operation.UpsampleNearest or Operation.PadRightBottom ? nodes[input].Inputs[0] : input;
        return nodes[source].IsNormalization && OnlyConvolved(source) ? source : null;
    }

    private bool OnlyConvolved(int value) => readers[value].All(r => r switch
    {
        { IsConvolution: true } => true,
        { Operation: Operation.UpsampleNearest or Operation.PadRightBottom } => readers[Array.IndexOf(nodes, r)].All(next => next.IsConvolution),
        { Operation: Operation.Add or Operation.AddPerChannel or Operation.Affine or Operation.AveragePool or Operation.Dropout } => true,
        _ => r.Residual == value && !r.Inputs.Contains(value),
    });
}
