using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>A softmax in two parts: exponentials with their sum, and the product with its inverse, where the numbers are few.</summary>
internal static unsafe class Softmax
{
    /// <summary>Lanes in which sums are added.</summary>
    public const int Lanes = 16;

    /// <summary>
    /// Scores become e^(scale·(score - largest)), in place, and zero up to whole vectors; returns their sum, added in 16 lanes whatever the
    /// vectors' width.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials<T>(float* scores, int count, float scale)
        where T : unmanaged, ISimd<T>
    {
        var largest = Largest<T>(scores, count);
        var end = (count + Lanes - 1) & ~(Lanes - 1);
        var (factor, offset) = (T.Broadcast(scale), T.Broadcast(-scale * largest));
        for (var i = 0; i < end; i += T.Width)
        {
            T.Store(Activation.Exp(T.Fma(T.Load(scores + i), factor, offset)), scores + i);
        }

        new Span<float>(scores + count, end - count).Clear();
        var lanes = stackalloc float[Lanes];
        for (var lane = 0; lane < Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (var i = lane; i < end; i += Lanes)
            {
                sum = T.Add(sum, T.Load(scores + i));
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0f;
        for (var lane = 0; lane < Lanes; lane++)
        {
            total += lanes[lane];
        }

        return total;
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
