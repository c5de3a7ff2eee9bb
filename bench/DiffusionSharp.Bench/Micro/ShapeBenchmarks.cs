using BenchmarkDotNet.Attributes;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Micro;

/// <summary>The built-in shapes at 32×32: drawing, checking, and whole training batches of them.</summary>
public class ShapeBenchmarks
{
    private readonly ShapesSource source = new(32);
    private readonly BatchMaker maker = new(new ShapesSource(32), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, 128, seed: 1);
    private readonly byte[] pixels = new byte[3 * 32 * 32], drawn = new byte[3 * 32 * 32];
    private readonly int[] label = new int[1];
    private long position;

    /// <summary>Draws a picture to check.</summary>
    [GlobalSetup]
    public void Setup() => source.Read(7, drawn, label);

    /// <summary>Draws the next picture.</summary>
    [Benchmark]
    public void Draw() => source.Read(position++, pixels, label);

    /// <summary>Recovers shape and hue of a clean drawing.</summary>
    [Benchmark]
    public ShapeVerdict Check() => ShapesChecker.Check(drawn, 32);

    /// <summary>Draws 128 pictures and noises them.</summary>
    [Benchmark]
    public TrainingBatch MakeBatch128() => maker.Make(position, 128 * position++);
}
