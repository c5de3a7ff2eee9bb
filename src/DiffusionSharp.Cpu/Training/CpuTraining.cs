using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Training;

/// <summary>Training on the managed engine, as a run takes it.</summary>
public static class CpuTraining
{
    /// <summary>
    /// The managed engine. The same run gives the same bits on any machine, with any number of threads (<see cref="TrainingOptions.Threads"/>; 0
    /// takes all cores) and of images at once (<see cref="TrainingOptions.MicroBatch"/>).
    /// </summary>
    public static TrainingEngine Engine { get; } = With(0);

    /// <summary>The managed engine with vectors of a width, 128, 256 or 512 bits; 0 takes the widest.</summary>
    internal static TrainingEngine With(int vectorBits) => new(
        EngineNames.Managed,
        (graph, options, weights) => new CpuTrainingNetwork(graph, options, weights, Options(options, vectorBits)),
        (graph, options, images) => TrainingMemory.Estimate(graph, options, Options(options, vectorBits), images));

    private static CpuOptions Options(TrainingOptions options, int vectorBits) => new() { Threads = options.Threads, VectorBits = vectorBits };
}
