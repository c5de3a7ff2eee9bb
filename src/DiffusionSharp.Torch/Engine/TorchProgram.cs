using DiffusionSharp.Networks;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>
/// A <see cref="NetworkGraph"/> compiled for libtorch: one delegate per node with its parameters resolved, values
/// released at their last use. Autograd keeps what a backward pass needs.
/// </summary>
internal sealed class TorchProgram
{
    private readonly Instruction[] instructions;

    public TorchProgram(NetworkGraph graph, Func<ParameterSpec, Tensor> parameter, ScalarType computeType)
    {
        var kernels = new TorchKernels(parameter, computeType);
        var lastUse = new int[graph.Nodes.Count];
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            lastUse[i] = i;
            foreach (var input in graph.Nodes[i].Inputs)
            {
                lastUse[input] = i;
            }
        }

        lastUse[^1] = graph.Nodes.Count;
        var released = Enumerable.Range(0, graph.Nodes.Count).ToLookup(v => lastUse[v]);
        instructions = [.. graph.Nodes.Select((node, i) => new Instruction(kernels.Compile(node, i), [.. released[i]]))];
    }

    /// <summary>Computes the prediction, without dropout where none is given; the inputs stay the caller's.</summary>
    public Tensor Run(Tensor x, Tensor t, Tensor? labels, DropoutFactors? dropout, CancellationToken cancellationToken)
    {
        var frame = new Frame(x, t, labels, dropout, new Tensor?[instructions.Length]);
        for (var i = 0; i < instructions.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using (NewDisposeScope())
            {
                frame.Values[i] = instructions[i].Kernel(frame).MoveToOuterDisposeScope();
            }

            foreach (var dead in instructions[i].Released)
            {
                frame.Values[dead]!.Dispose();
                frame.Values[dead] = null;
            }
        }

        return frame.Values[^1]!;
    }

    /// <summary>What a kernel reads: the inputs of the call and the values computed so far.</summary>
    internal sealed record Frame(Tensor X, Tensor T, Tensor? Labels, DropoutFactors? Dropout, Tensor?[] Values);

    private readonly record struct Instruction(Func<Frame, Tensor> Kernel, int[] Released);
}
