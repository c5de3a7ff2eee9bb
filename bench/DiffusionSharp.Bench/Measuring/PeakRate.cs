using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Bench.Measuring;

/// <summary>The most float32 operations a second that this machine does: twelve independent chains of fused multiply-adds on each thread.</summary>
internal static class PeakRate
{
    private const int Chains = 12, StepsAtOnce = 1 << 16;

    /// <summary>FLOP a second, two for each multiply-add.</summary>
    /// <param name="threads">Threads at once.</param>
    /// <param name="seconds">How long it is measured.</param>
    public static double Measure(int threads, double seconds = 0.05) => Vector512.IsHardwareAccelerated
        ? Measure<Simd512>(threads, seconds)
        : Vector256.IsHardwareAccelerated ? Measure<Simd256>(threads, seconds) : Measure<Simd128>(threads, seconds);

    private static double Measure<T>(int threads, double seconds)
        where T : unmanaged, ISimd<T>
    {
        var rates = new double[threads];
        using var ready = new Barrier(threads);
        var all = Enumerable.Range(0, threads).Select(i => new Thread(() =>
        {
            Run<T>(StepsAtOnce);
            ready.SignalAndWait();
            var (start, turns) = (Stopwatch.GetTimestamp(), 0L);
            do
            {
                Run<T>(StepsAtOnce);
                turns++;
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
            rates[i] = 2.0 * Chains * T.Width * StepsAtOnce * turns / Stopwatch.GetElapsedTime(start).TotalSeconds;
        })).ToArray();
        foreach (var thread in all)
        {
            thread.Start();
        }

        foreach (var thread in all)
        {
            thread.Join();
        }

        return rates.Sum();
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Run<T>(int steps)
        where T : unmanaged, ISimd<T>
    {
        T half = T.Broadcast(0.5f), a = half, b = half, c = half, d = half, e = half, f = half, g = half, h = half, i = half, j = half, k = half, l = half;
        for (var step = 0; step < steps; step++)
        {
            a = T.Fma(a, half, half);
            b = T.Fma(b, half, half);
            c = T.Fma(c, half, half);
            d = T.Fma(d, half, half);
            e = T.Fma(e, half, half);
            f = T.Fma(f, half, half);
            g = T.Fma(g, half, half);
            h = T.Fma(h, half, half);
            i = T.Fma(i, half, half);
            j = T.Fma(j, half, half);
            k = T.Fma(k, half, half);
            l = T.Fma(l, half, half);
        }

        var sum = T.Add(T.Add(T.Add(a, b), T.Add(c, d)), T.Add(T.Add(e, f), T.Add(g, h)));
        sum = T.Add(sum, T.Add(T.Add(i, j), T.Add(k, l)));
        var values = stackalloc float[T.Width];
        T.Store(sum, values);
        return values[0];
    }
}
