using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Sums;

/// <summary>
/// Sums over an image's pixels: in float32 over 64 pixels, one chain for each channel, then in float64 over these chunks in their order. Neither
/// threads nor vectors change the order.
/// </summary>
internal static unsafe class ChunkSums
{
    /// <summary>Pixels of a chunk.</summary>
    public const int Pixels = 64;

    /// <summary>Chunks of an image.</summary>
    public static int Chunks(int pixels) => (pixels + Pixels - 1) / Pixels;

    /// <summary>Pixels of one chunk of an image.</summary>
    public static int PixelsOf(int chunk, int pixels) => Math.Min(Pixels, pixels - (chunk * Pixels));

    /// <summary>The sum of one channel.</summary>
    /// <param name="sums">Its sum in the first chunk.</param>
    /// <param name="chunks">Chunks.</param>
    /// <param name="step">Values between chunks.</param>
    public static double Total(float* sums, int chunks, nint step)
    {
        var total = 0.0;
        for (var chunk = 0; chunk < chunks; chunk++, sums += step)
        {
            total += *sums;
        }

        return total;
    }

    /// <summary>Sums of a chunk's values, four vectors at a time: one chain of additions alone would wait for each of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(float* x, nint stride, int pixels, float* sums)
        where T : unmanaged, ISimd<T>
    {
        nint c = 0;
        for (; c + (4 * T.Width) <= stride; c += 4 * T.Width)
        {
            T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
            var p = x + c;
            for (var i = 0; i < pixels; i++, p += stride)
            {
                s0 = T.Add(s0, T.Load(p));
                s1 = T.Add(s1, T.Load(p + T.Width));
                s2 = T.Add(s2, T.Load(p + (2 * T.Width)));
                s3 = T.Add(s3, T.Load(p + (3 * T.Width)));
            }

            T.Store(s0, sums + c);
            T.Store(s1, sums + c + T.Width);
            T.Store(s2, sums + c + (2 * T.Width));
            T.Store(s3, sums + c + (3 * T.Width));
        }

        for (; c < stride; c += T.Width)
        {
            var sum = T.Zero;
            for (var i = 0; i < pixels; i++)
            {
                sum = T.Add(sum, T.Load(x + c + (i * stride)));
            }

            T.Store(sum, sums + c);
        }
    }
}
