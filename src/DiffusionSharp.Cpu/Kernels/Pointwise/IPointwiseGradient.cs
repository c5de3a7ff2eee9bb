using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>The derivative of an operation on each value by itself.</summary>
internal interface IPointwiseGradient
{
    /// <param name="x">The operation's values.</param>
    T Apply<T>(T x)
        where T : unmanaged, ISimd<T>;
}

internal readonly struct SiluDerivative : IPointwiseGradient
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x)
        where T : unmanaged, ISimd<T> => ActivationGradient.Silu(x).Derivative;
}

internal readonly struct GeluDerivative : IPointwiseGradient
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x)
        where T : unmanaged, ISimd<T> => ActivationGradient.Gelu(x);
}

internal readonly struct ReluDerivative : IPointwiseGradient
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x)
        where T : unmanaged, ISimd<T> => ActivationGradient.Relu(x);
}

/// <summary>Of factor·x + offset.</summary>
internal readonly struct AffineDerivative(double factor) : IPointwiseGradient
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Apply<T>(T x)
        where T : unmanaged, ISimd<T> => T.Broadcast((float)factor);
}
