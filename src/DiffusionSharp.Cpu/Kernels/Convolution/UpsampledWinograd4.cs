using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// F(4×4, 3×3) on an image before each of its pixels is repeated 2×2. There every second output of a row, or column, sees a filter of two
/// taps, (g0, g1 + g2, 0) or (0, g0 + g1, g2), whose transform is zero at the point ∞ or 0. So the four filters of a pixel's four outputs
/// (phases) need 25 products for 16 outputs instead of 36, and the input is transformed once for all of them.
/// </summary>
internal readonly unsafe struct UpsampledWinograd4 : IWinograd
{
    public static int Outputs => Winograd4.Outputs;

    public static int Side => Winograd4.Side;

    public static int Scale => 2;

    public static bool Vanishes(int phase, int place) =>
        IsOutside(place / 6, phase / 2 == 0 ? First.Start : Second.Start) || IsOutside(place % 6, phase % 2 == 0 ? First.Start : Second.Start);

    public static void Input<T>(float** pixels, nint channel, float* destination, nint plane)
        where T : unmanaged, ISimd<T> => Winograd4.Input<T>(pixels, channel, destination, plane);

    public static void Weights<T, TFormat>(void* weights, nint place, nint tap, int phase, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat
    {
        switch (phase)
        {
            case 0:
                Weights<T, TFormat, First, First>(weights, place, tap, destination, plane);
                break;
            case 1:
                Weights<T, TFormat, First, Second>(weights, place, tap, destination, plane);
                break;
            case 2:
                Weights<T, TFormat, Second, First>(weights, place, tap, destination, plane);
                break;
            default:
                Weights<T, TFormat, Second, Second>(weights, place, tap, destination, plane);
                break;
        }
    }

    public static void Output<T>(float* products, nint plane, T* destination)
        where T : unmanaged, ISimd<T> => Winograd4.Output(products, plane, destination);

    private static bool IsOutside(int point, int start) => point < start || point >= start + 5;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weights<T, TFormat, TRow, TColumn>(void* weights, nint place, nint tap, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat
        where TRow : IPhase
        where TColumn : IPhase
    {
        var (a, b) = TColumn.Taps(Load(0), Load(1), Load(2));
        var (c, d) = TColumn.Taps(Load(3), Load(4), Load(5));
        var (e, f) = TColumn.Taps(Load(6), Load(7), Load(8));
        var (left0, left1) = TRow.Taps(a, c, e);
        var (right0, right1) = TRow.Taps(b, d, f);
        TRow.Points(left0, left1, out var l0, out var l1, out var l2, out var l3, out var l4);
        TRow.Points(right0, right1, out var r0, out var r1, out var r2, out var r3, out var r4);
        destination += ((TRow.Start * Winograd4.Side) + TColumn.Start) * plane;
        Store<T, TColumn>(l0, r0, destination, plane);
        Store<T, TColumn>(l1, r1, destination + (6 * plane), plane);
        Store<T, TColumn>(l2, r2, destination + (12 * plane), plane);
        Store<T, TColumn>(l3, r3, destination + (18 * plane), plane);
        Store<T, TColumn>(l4, r4, destination + (24 * plane), plane);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        T Load(nint t) => TFormat.Load<T>(weights, place + (t * tap));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TPhase>(T g0, T g1, float* destination, nint plane)
        where T : unmanaged, ISimd<T>
        where TPhase : IPhase
    {
        TPhase.Points(g0, g1, out var t0, out var t1, out var t2, out var t3, out var t4);
        T.Store(t0, destination);
        T.Store(t1, destination + plane);
        T.Store(t2, destination + (2 * plane));
        T.Store(t3, destination + (3 * plane));
        T.Store(t4, destination + (4 * plane));
    }

    /// <summary>The filter that one of the two outputs of a pixel sees, in one direction.</summary>
    private interface IPhase
    {
        /// <summary>The first of the five points, of 0, 1, -1, 2, -2 and ∞, at which it is not zero.</summary>
        static abstract int Start { get; }

        /// <summary>Its two taps.</summary>
        static abstract (T First, T Second) Taps<T>(T g0, T g1, T g2)
            where T : unmanaged, ISimd<T>;

        /// <summary>Its transform: <see cref="Winograd4"/>'s G where a tap is zero.</summary>
        static abstract void Points<T>(T a, T b, out T t0, out T t1, out T t2, out T t3, out T t4)
            where T : unmanaged, ISimd<T>;
    }

    private readonly struct First : IPhase
    {
        public static int Start => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (T First, T Second) Taps<T>(T g0, T g1, T g2)
            where T : unmanaged, ISimd<T> => (g0, T.Add(g1, g2));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Points<T>(T a, T b, out T t0, out T t1, out T t2, out T t3, out T t4)
            where T : unmanaged, ISimd<T>
        {
            T sixth = T.Broadcast(-1f / 6), part = T.Broadcast(1f / 24);
            t0 = T.Multiply(T.Broadcast(0.25f), a);
            t1 = T.Multiply(sixth, T.Add(a, b));
            t2 = T.Multiply(sixth, T.Subtract(a, b));
            t3 = T.Multiply(part, T.Fma(T.Broadcast(2), b, a));
            t4 = T.Multiply(part, T.Fma(T.Broadcast(-2), b, a));
        }
    }

    private readonly struct Second : IPhase
    {
        public static int Start => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (T First, T Second) Taps<T>(T g0, T g1, T g2)
            where T : unmanaged, ISimd<T> => (T.Add(g0, g1), g2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Points<T>(T a, T b, out T t0, out T t1, out T t2, out T t3, out T t4)
            where T : unmanaged, ISimd<T>
        {
            T sixth = T.Broadcast(-1f / 6), twelfth = T.Broadcast(1f / 12);
            t0 = T.Multiply(sixth, T.Add(a, b));
            t1 = T.Multiply(sixth, T.Subtract(b, a));
            t2 = T.Multiply(twelfth, T.Fma(T.Broadcast(2), b, a));
            t3 = T.Multiply(twelfth, T.Fma(T.Broadcast(2), b, T.Subtract(T.Zero, a)));
            t4 = b;
        }
    }
}
