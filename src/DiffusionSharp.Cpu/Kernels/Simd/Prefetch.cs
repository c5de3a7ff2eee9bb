using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DiffusionSharp.Cpu.Kernels.Simd;

/// <summary>Asks for memory before it is needed, where the processor would not foresee it and has an instruction for it.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Values in a cache line.</summary>
    public const int LineFloats = 16;

    /// <summary>One line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>One line from each of several addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(float** addresses, int count, nint offset)
    {
        for (var i = 0; i < count; i++)
        {
            Line(addresses[i] + offset);
        }
    }

    /// <summary>The lines of some bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(void* start, nint count)
    {
        for (nint i = 0; i < count; i += sizeof(float) * LineFloats)
        {
            Line((byte*)start + i);
        }
    }
}
