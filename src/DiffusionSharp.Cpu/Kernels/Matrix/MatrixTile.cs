using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>
/// The inner loop of every matrix product: a tile of C in registers, rows × 2 vectors, C = A·B or C += A·B. Each element is one chain
/// of fused multiply-adds in the order of k, so its bits depend on neither the tile's height nor the vector's width.
/// </summary>
internal static unsafe class MatrixTile
{
    /// <summary>Multiplies any number of rows, in tiles.</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="a">Row 0 of A.</param>
    /// <param name="aRow">Distance of A's rows.</param>
    /// <param name="b">B, k rows of two vectors.</param>
    /// <param name="panels">How many such B there are: C is two vectors wide for each.</param>
    /// <param name="bPanel">Distance of the B's.</param>
    /// <param name="bRow">Distance of B's rows.</param>
    /// <param name="bStep">Distance of B's second vector.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="c">Row 0 of C: two vectors a row.</param>
    /// <param name="cRow">Distance of C's rows.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    /// <param name="queue">What the next products read.</param>
    public static void Multiply<T>(int rows, float* a, nint aRow, float* b, int panels, nint bPanel, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate, PrefetchQueue queue = default)
        where T : unmanaged, ISimd<T>
    {
        var pointers = stackalloc float*[12];
        for (var row = 0; row < rows;)
        {
            var height = Height<T>(rows - row);
            for (var i = 0; i < height; i++)
            {
                pointers[i] = a + ((row + i) * aRow);
            }

            for (var panel = 0; panel < panels; panel++)
            {
                var panelOfB = b + (panel * bPanel);
                Multiply<T>(height, pointers, 0, panelOfB, bRow, bStep, k, c + (row * cRow) + (2 * panel * T.Width), cRow, accumulate, queue.Take(k / 2, panelOfB));
            }

            row += height;
        }
    }

    /// <summary>Multiplies rows that lie anywhere, from their value number <paramref name="first"/> on, in tiles.</summary>
    public static void Gather<T>(int rows, float** a, nint first, float* b, int panels, nint bPanel, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
    {
        for (var row = 0; row < rows;)
        {
            var height = Height<T>(rows - row);
            for (var panel = 0; panel < panels; panel++)
            {
                var panelOfB = b + (panel * bPanel);
                Multiply<T>(height, a + row, first, panelOfB, bRow, bStep, k, c + (row * cRow) + (2 * panel * T.Width), cRow, accumulate, panelOfB);
            }

            row += height;
        }
    }

    private static int Height<T>(int rows)
        where T : unmanaged, ISimd<T> => rows switch
        {
            >= 12 when T.TileRows == 12 => 12,
            >= 6 => 6,
            _ => rows,
        };

    private static void Multiply<T>(int rows, float** a, nint first, float* b, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate, float* ahead)
        where T : unmanaged, ISimd<T>
    {
        // Nearly all tiles are whole, and soon found to be.
        if (rows == 6)
        {
            Tile<T, Rows6>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
            return;
        }

        switch (rows)
        {
            case 1:
                Tile<T, Rows1>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
            case 2:
                Tile<T, Rows2>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
            case 3:
                Tile<T, Rows3>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
            case 4:
                Tile<T, Rows4>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
            case 5:
                Tile<T, Rows5>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
            default:
                Tile<T, Rows12>(a, first, b, bRow, bStep, k, c, cRow, accumulate, ahead);
                break;
        }
    }

    // Rows past TRows.Count vanish when this is compiled. Four steps at a time: where two threads share a core, instructions that only
    // count cost as much as those that compute. Every second step a line of what is read next is asked for.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T, TRows>(float** a, nint first, float* b, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate, float* ahead)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        var a0 = Address<TRows>(a, 0, first);
        var a1 = Address<TRows>(a, 1, first);
        var a2 = Address<TRows>(a, 2, first);
        var a3 = Address<TRows>(a, 3, first);
        var a4 = Address<TRows>(a, 4, first);
        var a5 = Address<TRows>(a, 5, first);
        var a6 = Address<TRows>(a, 6, first);
        var a7 = Address<TRows>(a, 7, first);
        var a8 = Address<TRows>(a, 8, first);
        var a9 = Address<TRows>(a, 9, first);
        var a10 = Address<TRows>(a, 10, first);
        var a11 = Address<TRows>(a, 11, first);
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
        for (; p <= k - 4; p += 4)
        {
            Prefetch.Line(ahead);
            ahead += Prefetch.LineFloats;
            b0 = T.Load(b);
            b1 = T.Load(b + bStep);
            b += bRow;
            Step<T, TRows>(0, a0, p, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a1, p, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a2, p, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a3, p, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a4, p, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a5, p, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a6, p, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a7, p, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a8, p, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a9, p, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a10, p, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a11, p, b0, b1, ref c110, ref c111);

            b0 = T.Load(b);
            b1 = T.Load(b + bStep);
            b += bRow;
            Step<T, TRows>(0, a0, p + 1, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a1, p + 1, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a2, p + 1, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a3, p + 1, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a4, p + 1, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a5, p + 1, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a6, p + 1, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a7, p + 1, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a8, p + 1, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a9, p + 1, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a10, p + 1, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a11, p + 1, b0, b1, ref c110, ref c111);

            Prefetch.Line(ahead);
            ahead += Prefetch.LineFloats;
            b0 = T.Load(b);
            b1 = T.Load(b + bStep);
            b += bRow;
            Step<T, TRows>(0, a0, p + 2, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a1, p + 2, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a2, p + 2, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a3, p + 2, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a4, p + 2, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a5, p + 2, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a6, p + 2, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a7, p + 2, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a8, p + 2, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a9, p + 2, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a10, p + 2, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a11, p + 2, b0, b1, ref c110, ref c111);

            b0 = T.Load(b);
            b1 = T.Load(b + bStep);
            b += bRow;
            Step<T, TRows>(0, a0, p + 3, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a1, p + 3, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a2, p + 3, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a3, p + 3, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a4, p + 3, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a5, p + 3, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a6, p + 3, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a7, p + 3, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a8, p + 3, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a9, p + 3, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a10, p + 3, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a11, p + 3, b0, b1, ref c110, ref c111);
        }

        for (; p < k; p++)
        {
            b0 = T.Load(b);
            b1 = T.Load(b + bStep);
            b += bRow;
            Step<T, TRows>(0, a0, p, b0, b1, ref c00, ref c01);
            Step<T, TRows>(1, a1, p, b0, b1, ref c10, ref c11);
            Step<T, TRows>(2, a2, p, b0, b1, ref c20, ref c21);
            Step<T, TRows>(3, a3, p, b0, b1, ref c30, ref c31);
            Step<T, TRows>(4, a4, p, b0, b1, ref c40, ref c41);
            Step<T, TRows>(5, a5, p, b0, b1, ref c50, ref c51);
            Step<T, TRows>(6, a6, p, b0, b1, ref c60, ref c61);
            Step<T, TRows>(7, a7, p, b0, b1, ref c70, ref c71);
            Step<T, TRows>(8, a8, p, b0, b1, ref c80, ref c81);
            Step<T, TRows>(9, a9, p, b0, b1, ref c90, ref c91);
            Step<T, TRows>(10, a10, p, b0, b1, ref c100, ref c101);
            Step<T, TRows>(11, a11, p, b0, b1, ref c110, ref c111);
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
    private static float* Address<TRows>(float** a, int row, nint first)
        where TRows : struct, IRows => row < TRows.Count ? a[row] + first : null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T, TRows>(int row, float* a, nint p, T b0, T b1, ref T c0, ref T c1)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        if (row < TRows.Count)
        {
            var x = T.Broadcast(a[p]);
            c0 = T.Fma(x, b0, c0);
            c1 = T.Fma(x, b1, c1);
        }
    }
}
