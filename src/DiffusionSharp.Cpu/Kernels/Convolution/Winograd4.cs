using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>F(4×4, 3×3) at the points 0, ±1, ±2 and ∞: 36 products for 16 outputs, a quarter of the plain ones.</summary>
internal readonly unsafe struct Winograd4 : IWinograd
{
    public static int Outputs => 4;

    public static int Side => 6;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        var room = stackalloc byte[(sizeof(T) * 36) + Stack.Room];
        var half = Stack.Align<T>(room);
        for (var x = 0; x < 6; x++)
        {
            Input(
                T.Load(pixels[x] + channel),
                T.Load(pixels[x + 6] + channel),
                T.Load(pixels[x + 12] + channel),
                T.Load(pixels[x + 18] + channel),
                T.Load(pixels[x + 24] + channel),
                T.Load(pixels[x + 30] + channel),
                out half[x],
                out half[x + 6],
                out half[x + 12],
                out half[x + 18],
                out half[x + 24],
                out half[x + 30]);
        }

        for (var row = half; row < half + 36; row += 6)
        {
            Input(row[0], row[1], row[2], row[3], row[4], row[5], out var t0, out var t1, out var t2, out var t3, out var t4, out var t5);
            T.Store(t0, destination);
            T.Store(t1, destination + plane);
            T.Store(t2, destination + (2 * plane));
            T.Store(t3, destination + (3 * plane));
            T.Store(t4, destination + (4 * plane));
            T.Store(t5, destination + (5 * plane));
            destination += 6 * plane;
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
        T a, b, c, s = T.Broadcast(0.25f);
        Weights(T.Multiply(s, g0), T.Multiply(s, g1), T.Multiply(s, g2), destination, plane);
        s = T.Broadcast(-1f / 6);
        (a, b, c) = (T.Add(g0, g6), T.Add(g1, g7), T.Add(g2, g8));
        Weights(T.Multiply(s, T.Add(a, g3)), T.Multiply(s, T.Add(b, g4)), T.Multiply(s, T.Add(c, g5)), destination + (6 * plane), plane);
        Weights(T.Multiply(s, T.Subtract(a, g3)), T.Multiply(s, T.Subtract(b, g4)), T.Multiply(s, T.Subtract(c, g5)), destination + (12 * plane), plane);
        T two = T.Broadcast(2), minusTwo = T.Broadcast(-2), four = T.Broadcast(4);
        s = T.Broadcast(1f / 24);
        (a, b, c) = (T.Fma(four, g6, g0), T.Fma(four, g7, g1), T.Fma(four, g8, g2));
        Weights(T.Multiply(s, T.Fma(two, g3, a)), T.Multiply(s, T.Fma(two, g4, b)), T.Multiply(s, T.Fma(two, g5, c)), destination + (18 * plane), plane);
        Weights(T.Multiply(s, T.Fma(minusTwo, g3, a)), T.Multiply(s, T.Fma(minusTwo, g4, b)), T.Multiply(s, T.Fma(minusTwo, g5, c)), destination + (24 * plane), plane);
        Weights(g6, g7, g8, destination + (30 * plane), plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(float* products, nint plane, T* destination)
        where T : unmanaged, ISimd<T>
    {
        var room = stackalloc byte[(sizeof(T) * 24) + Stack.Room];
        var half = Stack.Align<T>(room);
        for (var x = 0; x < 6; x++)
        {
            var m = products + (x * plane);
            Output(
                T.Load(m),
                T.Load(m + (6 * plane)),
                T.Load(m + (12 * plane)),
                T.Load(m + (18 * plane)),
                T.Load(m + (24 * plane)),
                T.Load(m + (30 * plane)),
                out half[x],
                out half[x + 6],
                out half[x + 12],
                out half[x + 18]);
        }

        for (var row = half; row < half + 24; row += 6)
        {
            Output(row[0], row[1], row[2], row[3], row[4], row[5], out destination[0], out destination[1], out destination[2], out destination[3]);
            destination += 4;
        }
    }

    // Bᵀ: (4 0 -5 0 1 0), (0 -4 -4 1 1 0), (0 4 -4 -1 1 0), (0 -2 -1 2 1 0), (0 2 -1 -2 1 0), (0 4 0 -5 0 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Input<T>(T d0, T d1, T d2, T d3, T d4, T d5, out T t0, out T t1, out T t2, out T t3, out T t4, out T t5)
        where T : unmanaged, ISimd<T>
    {
        T four = T.Broadcast(4), minusFour = T.Broadcast(-4), minusFive = T.Broadcast(-5), two = T.Broadcast(2), minusTwo = T.Broadcast(-2);
        t0 = T.Fma(four, d0, T.Fma(minusFive, d2, d4));
        T a = T.Fma(minusFour, d2, d4), b = T.Fma(minusFour, d1, d3);
        t1 = T.Add(a, b);
        t2 = T.Subtract(a, b);
        T c = T.Subtract(d4, d2), d = T.Subtract(d3, d1);
        t3 = T.Fma(two, d, c);
        t4 = T.Fma(minusTwo, d, c);
        t5 = T.Fma(four, d1, T.Fma(minusFive, d3, d5));
    }

    // G: (1/4 0 0), (-1/6 -1/6 -1/6), (-1/6 1/6 -1/6), (1/24 1/12 1/6), (1/24 -1/12 1/6), (0 0 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weights<T>(T g0, T g1, T g2, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
    {
        T sixth = T.Broadcast(-1f / 6), two = T.Broadcast(2), minusTwo = T.Broadcast(-2), four = T.Broadcast(4), part = T.Broadcast(1f / 24);
        T.Store(T.Multiply(T.Broadcast(0.25f), g0), destination);
        T s = T.Add(g0, g2), u = T.Fma(four, g2, g0);
        T.Store(T.Multiply(sixth, T.Add(s, g1)), destination + plane);
        T.Store(T.Multiply(sixth, T.Subtract(s, g1)), destination + (2 * plane));
        T.Store(T.Multiply(part, T.Fma(two, g1, u)), destination + (3 * plane));
        T.Store(T.Multiply(part, T.Fma(minusTwo, g1, u)), destination + (4 * plane));
        T.Store(g2, destination + (5 * plane));
    }

    // Aᵀ: (1 1 1 1 1 0), (0 1 -1 2 -2 0), (0 1 1 4 4 0), (0 1 -1 8 -8 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output<T>(T m0, T m1, T m2, T m3, T m4, T m5, out T y0, out T y1, out T y2, out T y3)
        where T : unmanaged, ISimd<T>
    {
        T s = T.Add(m1, m2), d = T.Subtract(m1, m2), u = T.Add(m3, m4), v = T.Subtract(m3, m4);
        y0 = T.Add(T.Add(m0, s), u);
        y1 = T.Fma(T.Broadcast(2), v, d);
        y2 = T.Fma(T.Broadcast(4), u, s);
        y3 = T.Add(T.Fma(T.Broadcast(8), v, d), m5);
    }
}
