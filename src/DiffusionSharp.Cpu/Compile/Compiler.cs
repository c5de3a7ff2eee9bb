using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>Turns nodes into programs: fewer nodes, then steps. The last node's value is the prediction.</summary>
internal static class Compiler
{
    /// <summary>A program that predicts.</summary>
    public static Program Predicting(IReadOnlyList<Node> nodes, IParameterSource parameters, int vectorBits) => vectorBits switch
    {
        512 => Predicting<Simd512>(nodes, parameters),
        256 => Predicting<Simd256>(nodes, parameters),
        _ => Predicting<Simd128>(nodes, parameters),
    };

    /// <summary>A program that predicts and then goes back to images and timesteps; the same bits of the prediction.</summary>
    /// <returns>The program, and how many of its steps are done when the prediction is there.</returns>
    public static (Program Program, int Forward) Differentiating(IReadOnlyList<Node> nodes, IParameterSource parameters, int vectorBits) => vectorBits switch
    {
        512 => Differentiating<Simd512>(nodes, parameters),
        256 => Differentiating<Simd256>(nodes, parameters),
        _ => Differentiating<Simd128>(nodes, parameters),
    };

    private static Program Predicting<T>(IReadOnlyList<Node> nodes, IParameterSource parameters)
        where T : unmanaged, ISimd<T>
    {
        var fused = Fusion.Fuse(nodes);
        var steps = new Steps<T>(parameters, fused.Max(n => n.Shape.Channels));
        var result = new Emitter<T>(fused, steps).Emit();
        steps.Output(result.PerCondition ? steps.PerImage(result) : result);
        return steps.Finish();
    }

    // Each image is a condition of its own, for its timestep has a gradient of its own.
    private static (Program Program, int Forward) Differentiating<T>(IReadOnlyList<Node> nodes, IParameterSource parameters)
        where T : unmanaged, ISimd<T>
    {
        var fused = Fusion.Fuse(nodes, training: true);
        var steps = new Steps<T>(parameters, fused.Max(n => n.Shape.Channels));
        var forward = new Emitter<T>(fused, steps);
        var result = forward.Emit();
        steps.Output(result);
        var count = steps.Count;
        new Backward<T>(fused, forward, steps, parameters, learned: null).Emit(steps.Cotangent(result));
        return (steps.Finish(), count);
    }
}
