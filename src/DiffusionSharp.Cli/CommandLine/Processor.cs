using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using DiffusionSharp.Cpu;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>What the processor can do.</summary>
internal static class Processor
{
    /// <summary>Its instructions for many numbers at once.</summary>
    public static string Simd()
    {
        var found = new (string Name, bool Supported)[]
        {
            ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512", Avx512F.IsSupported), ("NEON", AdvSimd.IsSupported),
        };
        return $"{string.Join(", ", found.Where(f => f.Supported).Select(f => f.Name).DefaultIfEmpty("none"))} ({CpuEngine.VectorBits} bits)";
    }
}
