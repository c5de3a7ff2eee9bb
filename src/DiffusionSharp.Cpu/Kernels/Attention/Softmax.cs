using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>A softmax in two parts: exponentials with their sum, and the product with its inverse, where the numbers are few.</summary>
internal static unsafe class Softmax
{
    /// <summary>
    /// Scores become e^(scale·(score - largest)), in place, and zero up to whole vectors; returns their sum, added in 16 lanes whatever the
    /// vectors' width.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials<T>(float* scores, int count, float scale)
        where T : unmanaged, ISimd<T>
    {
        var largest = Largest<T>(scores, count);
        var end = (count + Rows.Lanes - 1) & ~(Rows.Lanes - 1);
        var (factor, offset) = (T.Broadcast(scale), T.Broadcast(-scale * largest));
        for (var i = 0; i < end; i += T.Width)
        {
            T.Store(Activation.Exp(T.Fma(T.Load(scores + i), factor, offset)), scores + i);
        }

        new Span<float>(scores + count, end - count).Clear();
        var lanes = stackalloc float[Rows.Lanes];
        for (var lane = 0; lane < Rows.Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (var i = lane; i < end; i += Rows.Lanes)
            {
                sum = T.Add(sum, T.Load(scores + i));
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0f;
        for (var lane = 0; lane < Rows.Lanes; lane++)
        {
            total += lanes[lane];
        }

        return total;
    }

    /// <summary>The gradient of scores from that of their softmax p: p∘(dp - Σ p∘dp), in place of dp; the sum in 16 lanes. Behind the values both are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Derive<T>(float* p, float* dp, int count)
        where T : unmanaged, ISimd<T>
    {
        var lanes = stackalloc float[Rows.Lanes];
        for (var lane = 0; lane < Rows.Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (var i = lane; i < count; i += Rows.Lanes)
            {
                sum = T.Fma(T.Load(p + i), T.Load(dp + i), sum);
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0f;
        for (var lane = 0; lane < Rows.Lanes; lane++)
        {
            total += lanes[lane];
        }

        for (nint i = 0; i < count; i += T.Width)
        {
            T.Store(T.Multiply(T.Load(p + i), T.Subtract(T.Load(dp + i), T.Broadcast(total))), dp + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest<T>(float* scores, int count)
        where T : unmanaged, ISimd<T>
    {
        var lanes = stackalloc float[T.Width];
        var i = 0;
        var all = T.Broadcast(float.NegativeInfinity);
        for (; i + T.Width <= count; i += T.Width)
        {
            all = T.Max(all, T.Load(scores + i));
        }

        T.Store(all, lanes);
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < T.Width; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        for (; i < count; i++)
        {
            largest = Math.Max(largest, scores[i]);
        }

        return largest;
    }
}
