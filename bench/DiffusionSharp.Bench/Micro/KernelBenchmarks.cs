using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Other kernels of the managed engine: one image, one thread, vectors of 256 bits.</summary>
public unsafe class KernelBenchmarks
{
    private const int Exponentials = 4096;
    private readonly AlignedMemory x = Floats.Normals(Exponentials), y = Floats.Normals(Exponentials);
    private static readonly ParameterPlace Scale = ParameterPlace.Alone(new RowLayout(1, 128), Enumerable.Repeat(1f, 128).ToArray());
    private static readonly ParameterPlace Shift = ParameterPlace.Alone(new RowLayout(1, 128), []);
    private readonly KernelStage normalization = KernelStage.Create(128, 32, buffers: 6, views => new GroupNormalization<Simd256>(
        views[0], views[1].Segments[0], views[2].Segments[0] with { Channels = 4 * 128 }, new NormalizationOptions(32, 1e-6, Silu: true), Scale, Shift));

    private readonly KernelStage attention = KernelStage.Create(256, 16, buffers: 4, views => new SoftmaxAttention<Simd256>([views[0], views[1], views[2]], views[3].Segments[0], heads: 1, memory: null, residual: null));

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        x.Dispose();
        y.Dispose();
        normalization.Dispose();
        attention.Dispose();
    }

    /// <summary>128 channels at 32×32 in 32 groups.</summary>
    [Benchmark]
    public void NormalizationAndSilu() => normalization.Run();

    /// <summary>One head of 256 channels at 16×16.</summary>
    [Benchmark]
    public void Attention() => attention.Run();

    /// <summary>4096 exponentials.</summary>
    [Benchmark]
    public void Exp4096()
    {
        for (var i = 0; i < Exponentials; i += Simd256.Width)
        {
            Simd256.Store(Activation.Exp(Simd256.Load(x.Floats + i)), y.Floats + i);
        }
    }
}
