using System.Runtime.Intrinsics;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu;

/// <summary>The managed engine as <see cref="DiffusionModel"/> takes it.</summary>
public static class CpuEngine
{
    /// <summary>
    /// The version of the arithmetic: two engines with the same number and the same <see cref="CpuOptions.WeightPrecision"/> give the same bits, on
    /// any machine. Raised with every change that changes a bit of any result.
    /// </summary>
    public static int ArithmeticVersion => 2;

    /// <summary>All cores, float32 weights.</summary>
    public static Engine Default { get; } = With(new CpuOptions());

    /// <summary>Width of the vectors it computes with here, in bits: the processor's widest.</summary>
    public static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>An engine with options.</summary>
    /// <param name="options">Threads and precision of the weights.</param>
    public static Engine With(CpuOptions options) => (graph, weights) => new CpuDenoiser(graph, weights, options);
}
