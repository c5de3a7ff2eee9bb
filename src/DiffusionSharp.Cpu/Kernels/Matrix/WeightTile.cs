using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>
/// The inner loop of gradients to weights: a tile of C in registers, <see cref="ISimd{T}.TileRows"/> × 2 vectors, C = Aᵀ·B, where a row of A
/// and one of B belong to the same pixel. Each element is one chain of fused multiply-adds in the order of the pixels, so its bits depend on
/// neither the tile's height nor the vector's width. All rows are computed, also where A has fewer columns: callers leave them.
/// </summary>
internal static unsafe class WeightTile
{
    /// <summary>Rows that follow each other.</summary>
    /// <param name="a">Row 0 of A, from the tile's first column on.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="b">Row 0 of B, two vectors of it.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="k">Rows of A and B.</param>
    /// <param name="c">Row 0 of C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    public static void Multiply<T>(float* a, nint aRow, float* b, nint bRow, nint k, float* c, nint cRow)
        where T : unmanaged, ISimd<T>
    {
        if (T.TileRows == 12)
        {
            Tile12<T, Following>(a, aRow, null, b, bRow, null, k, c, cRow);
        }
        else
        {
            Tile6<T, Following>(a, aRow, null, b, bRow, null, k, c, cRow);
        }
    }

    /// <summary>Rows found by numbers.</summary>
    /// <param name="a">Row number 0 of A, from the tile's first column on.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="aRows">Numbers of A's rows.</param>
    /// <param name="b">Row number 0 of B, two vectors of it.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="bRows">Numbers of B's rows.</param>
    /// <param name="k">How many rows.</param>
    /// <param name="c">Row 0 of C.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    public static void Gather<T>(float* a, nint aRow, int* aRows, float* b, nint bRow, int* bRows, nint k, float* c, nint cRow)
        where T : unmanaged, ISimd<T>
    {
        if (T.TileRows == 12)
        {
            Tile12<T, Numbered>(a, aRow, aRows, b, bRow, bRows, k, c, cRow);
        }
        else
        {
            Tile6<T, Numbered>(a, aRow, aRows, b, bRow, bRows, k, c, cRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile12<T, TRows>(float* a, nint aRow, int* aRows, float* b, nint bRow, int* bRows, nint k, float* c, nint cRow)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        T c00 = T.Zero, c01 = T.Zero, c10 = T.Zero, c11 = T.Zero, c20 = T.Zero, c21 = T.Zero, c30 = T.Zero, c31 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero, c50 = T.Zero, c51 = T.Zero, c60 = T.Zero, c61 = T.Zero, c70 = T.Zero, c71 = T.Zero;
        T c80 = T.Zero, c81 = T.Zero, c90 = T.Zero, c91 = T.Zero, c100 = T.Zero, c101 = T.Zero, c110 = T.Zero, c111 = T.Zero;
        for (nint p = 0; p < k; p++)
        {
            float* x = TRows.Address(a, aRow, aRows, p), y = TRows.Address(b, bRow, bRows, p);
            T b0 = T.Load(y), b1 = T.Load(y + T.Width);
            Step(x, b0, b1, ref c00, ref c01);
            Step(x + 1, b0, b1, ref c10, ref c11);
            Step(x + 2, b0, b1, ref c20, ref c21);
            Step(x + 3, b0, b1, ref c30, ref c31);
            Step(x + 4, b0, b1, ref c40, ref c41);
            Step(x + 5, b0, b1, ref c50, ref c51);
            Step(x + 6, b0, b1, ref c60, ref c61);
            Step(x + 7, b0, b1, ref c70, ref c71);
            Step(x + 8, b0, b1, ref c80, ref c81);
            Step(x + 9, b0, b1, ref c90, ref c91);
            Step(x + 10, b0, b1, ref c100, ref c101);
            Step(x + 11, b0, b1, ref c110, ref c111);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + cRow);
        Store(c20, c21, c + (2 * cRow));
        Store(c30, c31, c + (3 * cRow));
        Store(c40, c41, c + (4 * cRow));
        Store(c50, c51, c + (5 * cRow));
        Store(c60, c61, c + (6 * cRow));
        Store(c70, c71, c + (7 * cRow));
        Store(c80, c81, c + (8 * cRow));
        Store(c90, c91, c + (9 * cRow));
        Store(c100, c101, c + (10 * cRow));
        Store(c110, c111, c + (11 * cRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6<T, TRows>(float* a, nint aRow, int* aRows, float* b, nint bRow, int* bRows, nint k, float* c, nint cRow)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        T c00 = T.Zero, c01 = T.Zero, c10 = T.Zero, c11 = T.Zero, c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero, c40 = T.Zero, c41 = T.Zero, c50 = T.Zero, c51 = T.Zero;
        for (nint p = 0; p < k; p++)
        {
            float* x = TRows.Address(a, aRow, aRows, p), y = TRows.Address(b, bRow, bRows, p);
            T b0 = T.Load(y), b1 = T.Load(y + T.Width);
            Step(x, b0, b1, ref c00, ref c01);
            Step(x + 1, b0, b1, ref c10, ref c11);
            Step(x + 2, b0, b1, ref c20, ref c21);
            Step(x + 3, b0, b1, ref c30, ref c31);
            Step(x + 4, b0, b1, ref c40, ref c41);
            Step(x + 5, b0, b1, ref c50, ref c51);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + cRow);
        Store(c20, c21, c + (2 * cRow));
        Store(c30, c31, c + (3 * cRow));
        Store(c40, c41, c + (4 * cRow));
        Store(c50, c51, c + (5 * cRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(float* x, T b0, T b1, ref T c0, ref T c1)
        where T : unmanaged, ISimd<T>
    {
        var a = T.Broadcast(*x);
        c0 = T.Fma(a, b0, c0);
        c1 = T.Fma(a, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T c0, T c1, float* c)
        where T : unmanaged, ISimd<T>
    {
        T.Store(c0, c);
        T.Store(c1, c + T.Width);
    }

    private interface IRows
    {
        static abstract float* Address(float* start, nint row, int* rows, nint index);
    }

    private readonly struct Following : IRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Address(float* start, nint row, int* rows, nint index) => start + (index * row);
    }

    private readonly struct Numbered : IRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Address(float* start, nint row, int* rows, nint index) => start + (rows[index] * row);
    }
}
