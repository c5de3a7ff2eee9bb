using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>The gradients of nodes while a backward pass is written: several readers of a node add to one.</summary>
/// <param name="steps">Where steps go.</param>
/// <param name="wanted">Of each node, whether its gradient is wanted.</param>
internal sealed class NodeGradients<T>(Steps<T> steps, bool[] wanted)
    where T : unmanaged, ISimd<T>
{
    private readonly View?[] gradients = new View?[wanted.Length];

    // Whether a gradient is that of its node alone.
    private readonly bool[] owned = new bool[wanted.Length];

    /// <summary>What there is of a node's gradient by now.</summary>
    public View? this[int node] => gradients[node];

    /// <summary>Whether somebody wants a node's gradient.</summary>
    public bool IsWanted(int node) => wanted[node];

    /// <summary>Whether a gradient is that of its node alone, and may be written over.</summary>
    public bool IsOwned(int node) => owned[node];

    /// <summary>A gradient whose step has added what was there.</summary>
    public void Set(int node, View gradient) => (gradients[node], owned[node]) = (gradient, true);

    /// <summary>A gradient that is written by a step which adds what is there.</summary>
    public void Write(int node, Func<View?, View> step)
    {
        if (wanted[node])
        {
            Set(node, step(gradients[node]));
        }
    }

    /// <summary>A gradient that is there already: nobody writes over one, so nodes may share it.</summary>
    public void Give(int node, View gradient)
    {
        if (wanted[node])
        {
            (gradients[node], owned[node]) = gradients[node] is { } there ? (steps.Add(there, gradient), true) : (gradient, false);
        }
    }
}
