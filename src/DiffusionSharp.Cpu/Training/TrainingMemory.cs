using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Training;

/// <summary>The memory that training takes, from the compiled program: nothing is allocated for it.</summary>
internal static class TrainingMemory
{
    /// <summary>Bytes for a number of images sent through the network at once.</summary>
    public static long Estimate(NetworkGraph graph, TrainingOptions options, CpuOptions cpu, int images)
    {
        var compiled = TrainingProgram.Compile(graph, options, cpu.VectorWidth);
        using (compiled.Program)
        {
            return Estimate(compiled, graph, options, cpu, images);
        }
    }

    /// <summary>Refuses what the memory there is cannot hold.</summary>
    /// <exception cref="DiffusionException">There is less memory (<see cref="ErrorKind.Device"/>).</exception>
    public static void Require(TrainingProgram compiled, NetworkGraph graph, TrainingOptions options, CpuOptions cpu)
    {
        var microBatch = CpuTrainingNetwork.MicroBatch(options);
        MemoryNeed.Require(
            Estimate(compiled, graph, options, cpu, microBatch),
            FormattableString.Invariant($"{graph.ParameterCount:N0} weights in training, {microBatch} of {options.BatchSize} images of {graph.InputShape} at once,"),
            "choose a smaller network, smaller images or a smaller batch");
    }

    private static long Estimate(TrainingProgram compiled, NetworkGraph graph, TrainingOptions options, CpuOptions cpu, int images)
    {
        var (program, parameters) = compiled;
        var microBatches = (options.BatchSize + images - 1) / images;
        var copies = 4L + options.AverageCount + ImageTree.Levels(microBatches);
        var scratch = program.Scratch(images, cpu.ThreadCount);
        var values = images * (program.Layout.FloatsPerImage + program.Layout.FloatsPerCondition);
        return sizeof(float) * ((copies * parameters.Floats) + values + scratch.Shared + (cpu.ThreadCount * scratch.Own)) + BatchBytes(graph, options);
    }

    // Two batches: one is made while the other is learned from.
    private static long BatchBytes(NetworkGraph graph, TrainingOptions options) => 4L * sizeof(float) * options.BatchSize * graph.InputShape.Elements;
}
