using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Training;

/// <summary>The memory that training takes, from the compiled program: nothing is allocated for it.</summary>
internal static class TrainingMemory
{
    /// <summary>Bytes for a number of images sent through the network at once.</summary>
    public static long Of(NetworkGraph graph, TrainingOptions options, CpuOptions cpu, int images)
    {
        var compiled = TrainingProgram.Of(graph, options, cpu.VectorWidth);
        using (compiled.Program)
        {
            return Of(compiled, graph, options, cpu, images);
        }
    }

    /// <summary>Refuses what the memory there is cannot hold.</summary>
    /// <exception cref="DiffusionException">There is less memory (<see cref="ErrorKind.Device"/>).</exception>
    public static void Require(TrainingProgram compiled, NetworkGraph graph, TrainingOptions options, CpuOptions cpu)
    {
        var part = CpuTrainingNetwork.PartOf(options);
        MemoryNeed.Require(
            Of(compiled, graph, options, cpu, part),
            FormattableString.Invariant($"{graph.ParameterCount:N0} weights in training, {part} of {options.BatchSize} images of {graph.InputShape} at once,"),
            "choose a smaller network, smaller images or a smaller batch");
    }

    private static long Of(TrainingProgram compiled, NetworkGraph graph, TrainingOptions options, CpuOptions cpu, int images)
    {
        var (program, parameters) = compiled;
        var parts = (options.BatchSize + images - 1) / images;
        var copies = 4L + options.AverageCount + ImageTree.Levels(parts);
        var scratch = program.Scratch(images, cpu.ThreadCount);
        var values = images * (program.Layout.FloatsPerImage + program.Layout.FloatsPerCondition);
        return sizeof(float) * ((copies * parameters.Floats) + values + scratch.Shared + (cpu.ThreadCount * scratch.Own)) + BatchBytes(graph, options);
    }

    // Two batches: one is made while the other is learned from.
    private static long BatchBytes(NetworkGraph graph, TrainingOptions options) => 4L * sizeof(float) * options.BatchSize * graph.InputShape.Elements;
}
