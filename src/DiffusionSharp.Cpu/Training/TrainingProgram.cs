using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using Program = DiffusionSharp.Cpu.Execution.Program;

namespace DiffusionSharp.Cpu.Training;

/// <summary>A network's forward pass, loss and backward pass as one program, and the arrangement of its parameters.</summary>
/// <param name="Program">The steps: from images, targets and weights to gradients.</param>
/// <param name="Parameters">Where these find the parameters and leave the gradients.</param>
internal sealed record TrainingProgram(Program Program, TrainedParameters Parameters)
{
    /// <summary>Compiles for the vectors asked for.</summary>
    public static TrainingProgram Compile(NetworkGraph graph, TrainingOptions options, int vectorBits) => vectorBits switch
    {
        512 => Compile<Simd512>(graph, options),
        256 => Compile<Simd256>(graph, options),
        _ => Compile<Simd128>(graph, options),
    };

    private static TrainingProgram Compile<T>(NetworkGraph graph, TrainingOptions options)
        where T : unmanaged, ISimd<T>
    {
        var parameters = new TrainedParameters();
        var nodes = Fusion.Fuse(graph.Nodes, training: true);
        var steps = new Steps<T>(parameters, nodes.Max(n => n.Shape.Channels));
        var forward = new Emitter<T>(nodes, steps, training: true);
        var loss = steps.Loss(forward.Emit(), graph.InputShape.Channels, options.Loss, options.Reduction);
        var narrow = options.Activations == ActivationPrecision.BFloat16;
        if (narrow)
        {
            steps.LeaveHalves(loss);
        }

        new Backward<T>(nodes, forward, steps, parameters, learned: parameters, narrow).Emit(loss);
        return new TrainingProgram(steps.Finish(), parameters);
    }
}
