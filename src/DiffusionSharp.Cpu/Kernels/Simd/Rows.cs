using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels.Simd;

/// <summary>Rows of values, of any length.</summary>
internal static unsafe class Rows
{
    /// <summary>Lanes in which a row's sums are added, whatever the vectors' width.</summary>
    public const int Lanes = 16;

    /// <summary>y = factor·x, plus another row if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale<T>(float* x, float factor, float* added, float* y, int count)
        where T : unmanaged, ISimd<T>
    {
        var c = 0;
        for (; c + T.Width <= count; c += T.Width)
        {
            var value = T.Multiply(T.Load(x + c), T.Broadcast(factor));
            T.Store(added is null ? value : T.Add(value, T.Load(added + c)), y + c);
        }

        for (; c < count; c++)
        {
            var value = x[c] * factor;
            y[c] = added is null ? value : value + added[c];
        }
    }
}
