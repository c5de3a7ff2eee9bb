using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>The exponential and what is made of it, by IEEE operations only: the same bits on every machine and in every width.</summary>
internal static class Activation
{
    /// <summary>e^x to 2 units in the last place; x is limited to -87…88, NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // x = n·ln 2 + r, |r| ≤ ½·ln 2. Adding 1.5·2^23 rounds to whole numbers and leaves n in the lowest bits.
        // x comes second in minimum and maximum: of a NaN, x86 keeps the second.
        x = T.Max(T.Broadcast(-87f), T.Min(T.Broadcast(88f), x));
        var magic = T.Broadcast(12582912f);
        var bits = T.Fma(x, T.Broadcast(1.44269504f), magic);
        var n = T.Subtract(bits, magic);
        var r = T.Fma(n, T.Broadcast(-0.693359375f), x);
        r = T.Fma(n, T.Broadcast(2.12194440e-4f), r);

        // Taylor's series; the first term left out is below 2^-27.
        var p = T.Fma(T.Broadcast(1f / 5040), r, T.Broadcast(1f / 720));
        p = T.Fma(p, r, T.Broadcast(1f / 120));
        p = T.Fma(p, r, T.Broadcast(1f / 24));
        p = T.Fma(p, r, T.Broadcast(1f / 6));
        p = T.Fma(p, r, T.Broadcast(0.5f));
        p = T.Fma(p, r, T.Broadcast(1f));
        p = T.Fma(p, r, T.Broadcast(1f));
        return T.Multiply(p, T.PowerOfTwo(bits));
    }

    /// <summary>max(x, 0). Adding zero makes -0 to 0, of which the maximum is the same everywhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Relu<T>(T x)
        where T : unmanaged, ISimd<T> => T.Max(T.Zero, T.Add(x, T.Zero));

    /// <summary>x·Φ(x), by the smaller tail: max(x, 0) - a·Φ(-a), a = |x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gelu<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // Adding zero makes -0 to 0, of which minimum and maximum are the same everywhere.
        x = T.Add(x, T.Zero);
        var (a, e, ratio) = Tail(x);
        return T.Subtract(T.Max(T.Zero, x), T.Multiply(T.Multiply(a, e), ratio));
    }

    /// <summary>a = |x| up to 13, above which nothing is left of the tail; e^(-a²/2); and what this is multiplied by to be Φ(-a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (T A, T Exponential, T Ratio) Tail<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        var a = T.Min(T.Broadcast(13f), T.Max(T.Subtract(T.Zero, x), x));

        // Φ(-a) = e^(-a²/2)·t·p(t), t = 1/(1 + 0.3·a); p fits at Chebyshev's points of [0.198, 1] to 5e-9.
        var t = T.Divide(T.Broadcast(1f), T.Fma(a, T.Broadcast(0.3f), T.Broadcast(1f)));
        var p = T.Fma(T.Broadcast(-0.0208575484502f), t, T.Broadcast(0.113738047782f));
        p = T.Fma(p, t, T.Broadcast(-0.231345670466f));
        p = T.Fma(p, t, T.Broadcast(0.196045242512f));
        p = T.Fma(p, t, T.Broadcast(-0.083025911117f));
        p = T.Fma(p, t, T.Broadcast(0.0981137709718f));
        p = T.Fma(p, t, T.Broadcast(0.0777088496659f));
        p = T.Fma(p, t, T.Broadcast(0.110381232406f));
        p = T.Fma(p, t, T.Broadcast(0.119554415499f));
        p = T.Fma(p, t, T.Broadcast(0.119687569454f));

        // What rounding a² leaves out is a part of the exponential.
        var square = T.Multiply(a, a);
        var rest = T.Fma(a, a, T.Subtract(T.Zero, square));
        var e = Exp(T.Multiply(square, T.Broadcast(-0.5f)));
        e = T.Fma(T.Multiply(rest, T.Broadcast(-0.5f)), e, e);
        return (a, e, T.Multiply(t, p));
    }

    /// <summary>x·sigmoid(x) = x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Silu<T>(T x)
        where T : unmanaged, ISimd<T> => T.Divide(x, T.Add(T.Broadcast(1f), Exp(T.Subtract(T.Zero, x))));
}
