using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// The gradient to the weights of <see cref="Winograd4"/>: of y = Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A it is Gᵀ[(Bᵀ d B) ∘ (A y' Aᵀ)]G, where y' is the
/// gradient of the outputs. 36 products for the 144 plain ones of a tile.
/// </summary>
internal static unsafe class WinogradGradient4
{
    private const int Side = 6;
    private const int Outputs = 4;

    /// <summary>A y' Aᵀ of one vector of channels.</summary>
    /// <param name="pixels">The tile's 16 pixels, row by row.</param>
    /// <param name="channel">First channel.</param>
    /// <param name="destination">The first of 36 places.</param>
    /// <param name="plane">Distance of the places.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        var room = stackalloc byte[(sizeof(T) * (Side * Outputs)) + Stack.Room];
        var half = Stack.Align<T>(room);
        for (var x = 0; x < Outputs; x++)
        {
            Output(
                T.Load(pixels[x] + channel),
                T.Load(pixels[x + 4] + channel),
                T.Load(pixels[x + 8] + channel),
                T.Load(pixels[x + 12] + channel),
                out half[x],
                out half[x + 4],
                out half[x + 8],
                out half[x + 12],
                out half[x + 16],
                out half[x + 20]);
        }

        for (var row = half; row < half + (Side * Outputs); row += Outputs)
        {
            Output(row[0], row[1], row[2], row[3], out var m0, out var m1, out var m2, out var m3, out var m4, out var m5);
            T.Store(m0, destination);
            T.Store(m1, destination + plane);
            T.Store(m2, destination + (2 * plane));
            T.Store(m3, destination + (3 * plane));
            T.Store(m4, destination + (4 * plane));
            T.Store(m5, destination + (5 * plane));
            destination += Side * plane;
        }
    }

    /// <summary>Gᵀ of six places: of a column of products (Gᵀ m), then of a row of what that made ((Gᵀ m) G).</summary>
    /// <param name="places">The first place.</param>
    /// <param name="plane">Distance of the places.</param>
    /// <param name="taps">The first of three results.</param>
    /// <param name="tapStep">Distance of the results.</param>
    /// <param name="width">Values that follow each other in both.</param>
    /// <param name="rowStep">Distance of such values among the results.</param>
    /// <param name="rows">How often there are such.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T>(float* places, nint plane, float* taps, nint tapStep, nint width, nint rowStep, int rows)
        where T : unmanaged, ISimd<T>
    {
        for (var row = 0; row < rows; row++, places += width, taps += rowStep)
        {
            for (nint i = 0; i < width; i += T.Width)
            {
                var m = places + i;
                Weights(
                    T.Load(m),
                    T.Load(m + plane),
                    T.Load(m + (2 * plane)),
                    T.Load(m + (3 * plane)),
                    T.Load(m + (4 * plane)),
                    T.Load(m + (5 * plane)),
                    out var g0,
                    out var g1,
                    out var g2);
                T.Store(g0, taps + i);
                T.Store(g1, taps + tapStep + i);
                T.Store(g2, taps + (2 * tapStep) + i);
            }
        }
    }

    // A, the transpose of Winograd4's: (1 0 0 0), (1 1 1 1), (1 -1 1 -1), (1 2 4 8), (1 -2 4 -8), (0 0 0 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output<T>(T y0, T y1, T y2, T y3, out T m0, out T m1, out T m2, out T m3, out T m4, out T m5)
        where T : unmanaged, ISimd<T>
    {
        T even = T.Add(y0, y2), odd = T.Add(y1, y3);
        m0 = y0;
        m1 = T.Add(even, odd);
        m2 = T.Subtract(even, odd);
        even = T.Fma(T.Broadcast(4), y2, y0);
        odd = T.Fma(T.Broadcast(4), y3, y1);
        m3 = T.Fma(T.Broadcast(2), odd, even);
        m4 = T.Fma(T.Broadcast(-2), odd, even);
        m5 = y3;
    }

    // Gᵀ: (1/4 -1/6 -1/6 1/24 1/24 0), (0 -1/6 1/6 1/12 -1/12 0), (0 -1/6 -1/6 1/6 1/6 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weights<T>(T m0, T m1, T m2, T m3, T m4, T m5, out T g0, out T g1, out T g2)
        where T : unmanaged, ISimd<T>
    {
        T sixth = T.Broadcast(1f / 6), s = T.Add(m1, m2), u = T.Add(m3, m4);
        g0 = T.Fma(T.Broadcast(0.25f), m0, T.Fma(T.Broadcast(1f / 24), u, T.Multiply(T.Broadcast(-1f / 6), s)));
        g1 = T.Fma(T.Broadcast(1f / 12), T.Subtract(m3, m4), T.Multiply(sixth, T.Subtract(m2, m1)));
        g2 = T.Fma(sixth, T.Subtract(u, s), m5);
    }
}
