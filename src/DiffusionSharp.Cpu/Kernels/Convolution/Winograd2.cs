using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>F(2×2, 3×3) at the points 0, ±1 and ∞: 16 products for 4 outputs, 4/9 of the plain ones; for images of few pixels.</summary>
internal readonly unsafe struct Winograd2 : IWinograd
{
    public static int Outputs => 2;

    public static int Side => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        var room = stackalloc byte[(sizeof(T) * 16) + Stack.Room];
        var half = Stack.Align<T>(room);
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

    // Row after row of the result, so that nothing but the nine weights lives on from one to the next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T, TFormat>(void* weights, nint place, nint tap, int phase, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat
    {
        T g0 = TFormat.Load<T>(weights, place), g1 = TFormat.Load<T>(weights, place + tap), g2 = TFormat.Load<T>(weights, place + (2 * tap));
        T g3 = TFormat.Load<T>(weights, place + (3 * tap)), g4 = TFormat.Load<T>(weights, place + (4 * tap)), g5 = TFormat.Load<T>(weights, place + (5 * tap));
        T g6 = TFormat.Load<T>(weights, place + (6 * tap)), g7 = TFormat.Load<T>(weights, place + (7 * tap)), g8 = TFormat.Load<T>(weights, place + (8 * tap));
        Weights(g0, g1, g2, destination, plane);
        T half = T.Broadcast(0.5f), a = T.Add(g0, g6), b = T.Add(g1, g7), c = T.Add(g2, g8);
        Weights(T.Multiply(half, T.Add(a, g3)), T.Multiply(half, T.Add(b, g4)), T.Multiply(half, T.Add(c, g5)), destination + (4 * plane), plane);
        Weights(T.Multiply(half, T.Subtract(a, g3)), T.Multiply(half, T.Subtract(b, g4)), T.Multiply(half, T.Subtract(c, g5)), destination + (8 * plane), plane);
        Weights(g6, g7, g8, destination + (12 * plane), plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(float* products, nint plane, T* destination)
        where T : unmanaged, ISimd<T>
    {
        var room = stackalloc byte[(sizeof(T) * 8) + Stack.Room];
        var half = Stack.Align<T>(room);
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
    private static void Weights<T>(T g0, T g1, T g2, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        T half = T.Broadcast(0.5f), s = T.Add(g0, g2);
        T.Store(g0, destination);
        T.Store(T.Multiply(half, T.Add(s, g1)), destination + plane);
        T.Store(T.Multiply(half, T.Subtract(s, g1)), destination + (2 * plane));
        T.Store(g2, destination + (3 * plane));
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
