using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>How the pixels of a window become one.</summary>
internal interface IPooling
{
    /// <summary>What there is of a window, and its next pixel.</summary>
    T Join<T>(T pooled, T next)
        where T : unmanaged, ISimd<T>;

    /// <summary>The value of a window of so many pixels.</summary>
    T End<T>(T pooled, int pixels)
        where T : unmanaged, ISimd<T>;
}

/// <summary>The largest.</summary>
internal readonly struct MaxPooling : IPooling
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Join<T>(T pooled, T next)
        where T : unmanaged, ISimd<T> => T.Max(pooled, next);

    // Which of 0 and -0 is the larger differs between machines: adding zero leaves 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T End<T>(T pooled, int pixels)
        where T : unmanaged, ISimd<T> => T.Add(pooled, T.Zero);
}

/// <summary>The mean, added up row by row.</summary>
internal readonly struct MeanPooling : IPooling
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Join<T>(T pooled, T next)
        where T : unmanaged, ISimd<T> => T.Add(pooled, next);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T End<T>(T pooled, int pixels)
        where T : unmanaged, ISimd<T> => T.Divide(pooled, T.Broadcast(pixels));
}
