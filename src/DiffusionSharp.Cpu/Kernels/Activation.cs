using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels;

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

    /// <summary>x·sigmoid(x) = x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Silu<T>(T x)
        where T : unmanaged, ISimd<T> => T.Divide(x, T.Add(T.Broadcast(1f), Exp(T.Subtract(T.Zero, x))));
}
