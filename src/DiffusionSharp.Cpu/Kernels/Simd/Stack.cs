using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels.Simd;

/// <summary>Vectors on the stack: where one lies across two cache lines, what is stored cannot be loaded again at once.</summary>
internal static unsafe class Stack
{
    /// <summary>Room that is asked for besides the vectors.</summary>
    public const int Room = 64;

    /// <summary>The first cache line's border.</summary>
    /// <param name="bytes">The vectors' bytes and <see cref="Room"/> more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Align<T>(byte* bytes)
        where T : unmanaged => (T*)((nint)(bytes + Room - 1) & ~(nint)(Room - 1));
}
