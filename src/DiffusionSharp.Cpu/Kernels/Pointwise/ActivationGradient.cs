using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>Derivatives of <see cref="Activation"/>.</summary>
internal static class ActivationGradient
{
    /// <summary>1 where x is positive, 0 elsewhere: the same of ReLU's value as of what it read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Relu<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // The smallest number there is becomes more than one by two factors of 2^127.
        var large = T.Broadcast(1.7014118e38f);
        return T.Min(T.Broadcast(1f), T.Multiply(T.Multiply(Activation.Relu(x), large), large));
    }

    /// <summary>Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gelu<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // At -a it is w = Φ(-a) - a·φ(a); at a, 1 - w. Which one is told by the step from 0 to 1 at zero, where both are a half.
        x = T.Add(x, T.Zero);
        var (a, e, ratio) = Activation.Tail(x);
        var w = T.Multiply(e, T.Fma(a, T.Broadcast(-0.398942280401432678f), ratio));
        var step = T.Max(T.Zero, T.Min(T.Broadcast(1f), T.Multiply(x, T.Broadcast(1e20f))));
        return T.Fma(T.Fma(T.Broadcast(-2f), step, T.Broadcast(1f)), w, step);
    }

    /// <summary>x·σ(x), with the bits of <see cref="Activation.Silu"/>, and its derivative σ(x)·(1 + x·σ(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Value, T Derivative) Silu<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        var e = Activation.Exp(T.Subtract(T.Zero, x));
        var divisor = T.Add(T.Broadcast(1f), e);
        var sigmoid = T.Divide(T.Broadcast(1f), divisor);

        // As far as the exponential goes.
        var limited = T.Max(T.Broadcast(-88f), T.Min(T.Broadcast(88f), x));
        return (T.Divide(x, divisor), T.Multiply(sigmoid, T.Fma(limited, T.Multiply(e, sigmoid), T.Broadcast(1f))));
    }
}
