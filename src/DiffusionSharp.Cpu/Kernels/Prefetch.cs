using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>Asks for memory before it is needed, where the processor would not foresee it and has an instruction for it.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Values in a cache line.</summary>
    public const int Line = 16;

    /// <summary>One line from each of several addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(float** addresses, int count, nint offset)
    {
        if (Sse.IsSupported)
        {
            for (var i = 0; i < count; i++)
            {
                Sse.Prefetch0(addresses[i] + offset);
            }
        }
    }

    /// <summary>The lines of some bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(void* start, nint count)
    {
        if (Sse.IsSupported)
        {
            for (nint i = 0; i < count; i += sizeof(float) * Line)
            {
                Sse.Prefetch0((byte*)start + i);
            }
        }
    }
}
