using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>A node that applies one matrix to the channels of every pixel.</summary>
/// <param name="Weight">[Out, In], with or without two sides of one.</param>
/// <param name="Bias">[Out], or null.</param>
/// <param name="Input">The node it reads.</param>
internal sealed record Projection(ParameterSpec Weight, ParameterSpec? Bias, int Input)
{
    /// <summary>Null where a node is something else.</summary>
    public static Projection? FromNode(Node node) => node.Operation switch
    {
        Operation.Linear l => new(l.Weight, l.Bias, node.Inputs[0]),
        Operation.Conv2d { Stride: 1 } c when c.Kernel == 1 && c.Padding == 0 => new(c.Weight, c.Bias, node.Inputs[0]),
        _ => null,
    };
}
