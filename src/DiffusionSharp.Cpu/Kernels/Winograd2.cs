using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>F(2×2, 3×3) at the points 0, ±1 and ∞: 16 products for 4 outputs, 4/9 of the plain ones; for images of few pixels.</summary>
internal readonly unsafe struct Winograd2 : IWinograd
{
    public static int Outputs => 2;

    public static int Side => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        var half = stackalloc T[16];
        for (var x = 0; x < 4; x++)
        {
            Input(
                T.Load(pixels[x] + channel),
                T.Load(pixels[x + 4] + channel),
                T.Load(pixels[x + 8] + channel),
                T.Load(pixels[x + 12] + channel),
                out half[x],
                out half[x + 4],
                out half[x + 8],
                out half[x + 12]);
        }

        for (var row = half; row < half + 16; row += 4)
        {
            Input(row[0], row[1], row[2], row[3], out var t0, out var t1, out var t2, out var t3);
            T.Store(t0, destination);
            T.Store(t1, destination + plane);
            T.Store(t2, destination + (2 * plane));
            T.Store(t3, destination + (3 * plane));
            destination += 4 * plane;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T, TFormat>(void* weights, nint place, nint tap, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat
    {
        var half = stackalloc T[12];
        for (var x = 0; x < 3; x++)
        {
            Weights(
                TFormat.Load<T>(weights, place + (x * tap)),
                TFormat.Load<T>(weights, place + ((x + 3) * tap)),
                TFormat.Load<T>(weights, place + ((x + 6) * tap)),
                out half[x],
                out half[x + 3],
                out half[x + 6],
                out half[x + 9]);
        }

        for (var row = half; row < half + 12; row += 3)
        {
            Weights(row[0], row[1], row[2], out var t0, out var t1, out var t2, out var t3);
            T.Store(t0, destination);
            T.Store(t1, destination + plane);
            T.Store(t2, destination + (2 * plane));
            T.Store(t3, destination + (3 * plane));
            destination += 4 * plane;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(float* products, nint plane, T* destination)
        where T : unmanaged, ISimd<T>
    {
        var half = stackalloc T[8];
        for (var x = 0; x < 4; x++)
        {
            var m = products + (x * plane);
            Output(T.Load(m), T.Load(m + (4 * plane)), T.Load(m + (8 * plane)), T.Load(m + (12 * plane)), out half[x], out half[x + 4]);
        }

        Output(half[0], half[1], half[2], half[3], out destination[0], out destination[1]);
        Output(half[4], half[5], half[6], half[7], out destination[2], out destination[3]);
    }

    // Bᵀ: (1 0 -1 0), (0 1 1 0), (0 -1 1 0), (0 1 0 -1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Input<T>(T d0, T d1, T d2, T d3, out T t0, out T t1, out T t2, out T t3)
        where T : unmanaged, ISimd<T>
    {
        t0 = T.Subtract(d0, d2);
        t1 = T.Add(d1, d2);
        t2 = T.Subtract(d2, d1);
        t3 = T.Subtract(d1, d3);
    }

    // G: (1 0 0), (1/2 1/2 1/2), (1/2 -1/2 1/2), (0 0 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weights<T>(T g0, T g1, T g2, out T t0, out T t1, out T t2, out T t3)
        where T : unmanaged, ISimd<T>
    {
        var s = T.Add(g0, g2);
        t0 = g0;
        t1 = T.Multiply(T.Broadcast(0.5f), T.Add(s, g1));
        t2 = T.Multiply(T.Broadcast(0.5f), T.Subtract(s, g1));
        t3 = g2;
    }

    // Aᵀ: (1 1 1 0), (0 1 -1 -1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output<T>(T m0, T m1, T m2, T m3, out T y0, out T y1)
        where T : unmanaged, ISimd<T>
    {
        y0 = T.Add(T.Add(m0, m1), m2);
        y1 = T.Subtract(T.Subtract(m1, m2), m3);
    }
}
