using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>Turns a graph into a program that predicts: nodes, fewer nodes, steps.</summary>
internal static class Compiler<T>
    where T : unmanaged, ISimd<T>
{
    /// <summary>Compiles a network; each parameter's weights are asked for once.</summary>
    public static Program Compile(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, WeightPrecision precision)
    {
        var inference = InferenceGraph.Of(graph, weights);
        return Compile(inference.Nodes, new OwnParameters(inference.Weights, precision));
    }

    /// <summary>Compiles nodes; the last one's value is the prediction.</summary>
    public static Program Compile(IReadOnlyList<Node> inference, IParameterSource parameters)
    {
        var nodes = Fusion.Of(inference);
        var steps = new Steps<T>(parameters, nodes.Max(n => n.Shape.Channels));
        var result = new Emitter<T>(nodes, steps).Emit();
        steps.Output(result.PerCondition ? steps.PerImage(result) : result);
        return steps.Finish();
    }
}
