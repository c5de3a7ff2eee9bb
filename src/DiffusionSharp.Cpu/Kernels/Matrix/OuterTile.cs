using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>
/// The product of a matrix that is read transposed: C = Aᵀ·B or C += Aᵀ·B, a sum of outer products, in tiles as those of
/// <see cref="MatrixTile"/>. Each element is one chain of fused multiply-adds in the order of k, which goes on where an earlier call ended.
/// </summary>
internal static unsafe class OuterTile
{
    /// <summary>Multiplies any number of rows, in tiles.</summary>
    /// <param name="rows">Columns of A, rows of C.</param>
    /// <param name="a">Row 0 of A: its columns follow each other.</param>
    /// <param name="aStep">Distance of A's rows.</param>
    /// <param name="b">B, k rows of two vectors.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="k">Rows of A and B.</param>
    /// <param name="c">Row 0 of C: two vectors a row.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    public static void Multiply<T>(int rows, float* a, nint aStep, float* b, nint bRow, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
    {
        while (rows > 0)
        {
            var height = rows >= 12 && T.TileRows == 12 ? 12 : Math.Min(rows, 6);
            Tile<T>(height, a, aStep, b, bRow, k, c, cRow, accumulate);
            rows -= height;
            a += height;
            c += height * cRow;
        }
    }

    private static void Tile<T>(int rows, float* a, nint aStep, float* b, nint bRow, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
    {
        switch (rows)
        {
            case 1:
                Tile<T, Rows1>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            case 2:
                Tile<T, Rows2>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            case 3:
                Tile<T, Rows3>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            case 4:
                Tile<T, Rows4>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            case 5:
                Tile<T, Rows5>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            case 6:
                Tile<T, Rows6>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
            default:
                Tile<T, Rows12>(a, aStep, b, bRow, k, c, cRow, accumulate);
                break;
        }
    }

    // Rows past TRows.Count vanish when this is compiled.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T, TRows>(float* a, nint aStep, float* b, nint bRow, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        T c00 = T.Zero, c01 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero;
        T c60 = T.Zero, c61 = T.Zero;
        T c70 = T.Zero, c71 = T.Zero;
        T c80 = T.Zero, c81 = T.Zero;
        T c90 = T.Zero, c91 = T.Zero;
        T c100 = T.Zero, c101 = T.Zero;
        T c110 = T.Zero, c111 = T.Zero;
        if (accumulate)
        {
            TileRows.Load<T, TRows>(0, c, cRow, ref c00, ref c01);
            TileRows.Load<T, TRows>(1, c, cRow, ref c10, ref c11);
            TileRows.Load<T, TRows>(2, c, cRow, ref c20, ref c21);
            TileRows.Load<T, TRows>(3, c, cRow, ref c30, ref c31);
            TileRows.Load<T, TRows>(4, c, cRow, ref c40, ref c41);
            TileRows.Load<T, TRows>(5, c, cRow, ref c50, ref c51);
            TileRows.Load<T, TRows>(6, c, cRow, ref c60, ref c61);
            TileRows.Load<T, TRows>(7, c, cRow, ref c70, ref c71);
            TileRows.Load<T, TRows>(8, c, cRow, ref c80, ref c81);
            TileRows.Load<T, TRows>(9, c, cRow, ref c90, ref c91);
            TileRows.Load<T, TRows>(10, c, cRow, ref c100, ref c101);
            TileRows.Load<T, TRows>(11, c, cRow, ref c110, ref c111);
        }

        nint p = 0;
        T b0, b1;
        for (; p <= k - 2; p += 2)
        {
            b0 = T.Load(b);
            b1 = T.Load(b + T.Width);
            Step<T, TRows>(0, a, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a, b0, b1, ref c110, ref c111);
            a += aStep;
            b += bRow;

            b0 = T.Load(b);
            b1 = T.Load(b + T.Width);
            Step<T, TRows>(0, a, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a, b0, b1, ref c110, ref c111);
            a += aStep;
            b += bRow;
        }

        if (p < k)
        {
            b0 = T.Load(b);
            b1 = T.Load(b + T.Width);
            Step<T, TRows>(0, a, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a, b0, b1, ref c110, ref c111);
        }

        TileRows.Store<T, TRows>(0, c00, c01, c, cRow);
        TileRows.Store<T, TRows>(1, c10, c11, c, cRow);
        TileRows.Store<T, TRows>(2, c20, c21, c, cRow);
        TileRows.Store<T, TRows>(3, c30, c31, c, cRow);
        TileRows.Store<T, TRows>(4, c40, c41, c, cRow);
        TileRows.Store<T, TRows>(5, c50, c51, c, cRow);
        TileRows.Store<T, TRows>(6, c60, c61, c, cRow);
        TileRows.Store<T, TRows>(7, c70, c71, c, cRow);
        TileRows.Store<T, TRows>(8, c80, c81, c, cRow);
        TileRows.Store<T, TRows>(9, c90, c91, c, cRow);
        TileRows.Store<T, TRows>(10, c100, c101, c, cRow);
        TileRows.Store<T, TRows>(11, c110, c111, c, cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T, TRows>(int row, float* a, T b0, T b1, ref T c0, ref T c1)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        if (row < TRows.Count)
        {
            var x = T.Broadcast(a[row]);
            c0 = T.Fma(x, b0, c0);
            c1 = T.Fma(x, b1, c1);
        }
    }
}
