using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>An operation on each value by itself.</summary>
internal unsafe interface IPointwise
{
    /// <param name="x">The values.</param>
    /// <param name="other">Those of the second input that belong to them.</param>
    /// <param name="channels">Channels of x.</param>
    T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T>;
}

internal readonly unsafe struct SiluOperation : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => Activation.Silu(x);
}

internal readonly unsafe struct GeluOperation : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => Activation.Gelu(x);
}

internal readonly unsafe struct ReluOperation : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => Activation.Relu(x);
}

internal readonly unsafe struct AddOperation : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => T.Add(x, T.Load(other));
}

internal readonly unsafe struct AffineOperation(double factor, double offset) : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => T.Fma(x, T.Broadcast((float)factor), T.Broadcast((float)offset));
}

/// <summary>x·(1 + scale) + shift.</summary>
internal readonly unsafe struct ScaleShiftOperation : IPointwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x, float* other, nint channels)
        where T : unmanaged, ISimd<T> => T.Fma(x, T.Add(T.Broadcast(1), T.Load(other)), T.Load(other + channels));
}
