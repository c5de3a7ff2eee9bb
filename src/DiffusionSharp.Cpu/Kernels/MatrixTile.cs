using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels;

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
    public static void Multiply<T>(int rows, float* a, nint aRow, float* b, int panels, nint bPanel, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate)
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
                Multiply<T>(height, pointers, 0, b + (panel * bPanel), bRow, bStep, k, c + (row * cRow) + (2 * panel * T.Width), cRow, accumulate);
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
                Multiply<T>(height, a + row, first, b + (panel * bPanel), bRow, bStep, k, c + (row * cRow) + (2 * panel * T.Width), cRow, accumulate);
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

    private static void Multiply<T>(int rows, float** a, nint first, float* b, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
    {
        switch (rows)
        {
            case 1:
                Tile<T, Rows1>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            case 2:
                Tile<T, Rows2>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            case 3:
                Tile<T, Rows3>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            case 4:
                Tile<T, Rows4>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            case 5:
                Tile<T, Rows5>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            case 6:
                Tile<T, Rows6>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
            default:
                Tile<T, Rows12>(a, first, b, bRow, bStep, k, c, cRow, accumulate);
                break;
        }
    }

    // The conditions are constants to the JIT: what a height does not need is not there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T, TRows>(float** a, nint first, float* b, nint bRow, nint bStep, nint k, float* c, nint cRow, bool accumulate)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        var a0 = a[0] + first;
        var a1 = TRows.Count > 1 ? a[1] + first : null;
        var a2 = TRows.Count > 2 ? a[2] + first : null;
        var a3 = TRows.Count > 3 ? a[3] + first : null;
        var a4 = TRows.Count > 4 ? a[4] + first : null;
        var a5 = TRows.Count > 5 ? a[5] + first : null;
        var a6 = TRows.Count > 6 ? a[6] + first : null;
        var a7 = TRows.Count > 7 ? a[7] + first : null;
        var a8 = TRows.Count > 8 ? a[8] + first : null;
        var a9 = TRows.Count > 9 ? a[9] + first : null;
        var a10 = TRows.Count > 10 ? a[10] + first : null;
        var a11 = TRows.Count > 11 ? a[11] + first : null;
        
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
            c00 = T.Load(c);
            c01 = T.Load(c + T.Width);
            if (TRows.Count > 1)
            {
                c10 = T.Load(c + (1 * cRow));
                c11 = T.Load(c + (1 * cRow) + T.Width);
            }

            if (TRows.Count > 2)
            {
                c20 = T.Load(c + (2 * cRow));
                c21 = T.Load(c + (2 * cRow) + T.Width);
            }

            if (TRows.Count > 3)
            {
                c30 = T.Load(c + (3 * cRow));
                c31 = T.Load(c + (3 * cRow) + T.Width);
            }

            if (TRows.Count > 4)
            {
                c40 = T.Load(c + (4 * cRow));
                c41 = T.Load(c + (4 * cRow) + T.Width);
            }

            if (TRows.Count > 5)
            {
                c50 = T.Load(c + (5 * cRow));
                c51 = T.Load(c + (5 * cRow) + T.Width);
            }

            if (TRows.Count > 6)
            {
                c60 = T.Load(c + (6 * cRow));
                c61 = T.Load(c + (6 * cRow) + T.Width);
            }

            if (TRows.Count > 7)
            {
                c70 = T.Load(c + (7 * cRow));
                c71 = T.Load(c + (7 * cRow) + T.Width);
            }

            if (TRows.Count > 8)
            {
                c80 = T.Load(c + (8 * cRow));
                c81 = T.Load(c + (8 * cRow) + T.Width);
            }

            if (TRows.Count > 9)
            {
                c90 = T.Load(c + (9 * cRow));
                c91 = T.Load(c + (9 * cRow) + T.Width);
            }

            if (TRows.Count > 10)
            {
                c100 = T.Load(c + (10 * cRow));
                c101 = T.Load(c + (10 * cRow) + T.Width);
            }

            if (TRows.Count > 11)
            {
                c110 = T.Load(c + (11 * cRow));
                c111 = T.Load(c + (11 * cRow) + T.Width);
            }
        }

        for (nint p = 0; p < k; p++)
        {
            var b0 = T.Load(b);
            var b1 = T.Load(b + bStep);
            b += bRow;
            var x0 = T.Broadcast(a0[p]);
            c00 = T.Fma(x0, b0, c00);
            c01 = T.Fma(x0, b1, c01);
            if (TRows.Count > 1)
            {
                var x1 = T.Broadcast(a1[p]);
                c10 = T.Fma(x1, b0, c10);
                c11 = T.Fma(x1, b1, c11);
            }

            if (TRows.Count > 2)
            {
                var x2 = T.Broadcast(a2[p]);
                c20 = T.Fma(x2, b0, c20);
                c21 = T.Fma(x2, b1, c21);
            }

            if (TRows.Count > 3)
            {
                var x3 = T.Broadcast(a3[p]);
                c30 = T.Fma(x3, b0, c30);
                c31 = T.Fma(x3, b1, c31);
            }

            if (TRows.Count > 4)
            {
                var x4 = T.Broadcast(a4[p]);
                c40 = T.Fma(x4, b0, c40);
                c41 = T.Fma(x4, b1, c41);
            }

            if (TRows.Count > 5)
            {
                var x5 = T.Broadcast(a5[p]);
                c50 = T.Fma(x5, b0, c50);
                c51 = T.Fma(x5, b1, c51);
            }

            if (TRows.Count > 6)
            {
                var x6 = T.Broadcast(a6[p]);
                c60 = T.Fma(x6, b0, c60);
                c61 = T.Fma(x6, b1, c61);
            }

            if (TRows.Count > 7)
            {
                var x7 = T.Broadcast(a7[p]);
                c70 = T.Fma(x7, b0, c70);
                c71 = T.Fma(x7, b1, c71);
            }

            if (TRows.Count > 8)
            {
                var x8 = T.Broadcast(a8[p]);
                c80 = T.Fma(x8, b0, c80);
                c81 = T.Fma(x8, b1, c81);
            }

            if (TRows.Count > 9)
            {
                var x9 = T.Broadcast(a9[p]);
                c90 = T.Fma(x9, b0, c90);
                c91 = T.Fma(x9, b1, c91);
            }

            if (TRows.Count > 10)
            {
                var x10 = T.Broadcast(a10[p]);
                c100 = T.Fma(x10, b0, c100);
                c101 = T.Fma(x10, b1, c101);
            }

            if (TRows.Count > 11)
            {
                var x11 = T.Broadcast(a11[p]);
                c110 = T.Fma(x11, b0, c110);
                c111 = T.Fma(x11, b1, c111);
            }
        }

        T.Store(c00, c);
        T.Store(c01, c + T.Width);
        if (TRows.Count > 1)
        {
            T.Store(c10, c + (1 * cRow));
            T.Store(c11, c + (1 * cRow) + T.Width);
        }

        if (TRows.Count > 2)
        {
            T.Store(c20, c + (2 * cRow));
            T.Store(c21, c + (2 * cRow) + T.Width);
        }

        if (TRows.Count > 3)
        {
            T.Store(c30, c + (3 * cRow));
            T.Store(c31, c + (3 * cRow) + T.Width);
        }

        if (TRows.Count > 4)
        {
            T.Store(c40, c + (4 * cRow));
            T.Store(c41, c + (4 * cRow) + T.Width);
        }

        if (TRows.Count > 5)
        {
            T.Store(c50, c + (5 * cRow));
            T.Store(c51, c + (5 * cRow) + T.Width);
        }

        if (TRows.Count > 6)
        {
            T.Store(c60, c + (6 * cRow));
            T.Store(c61, c + (6 * cRow) + T.Width);
        }

        if (TRows.Count > 7)
        {
            T.Store(c70, c + (7 * cRow));
            T.Store(c71, c + (7 * cRow) + T.Width);
        }

        if (TRows.Count > 8)
        {
            T.Store(c80, c + (8 * cRow));
            T.Store(c81, c + (8 * cRow) + T.Width);
        }

        if (TRows.Count > 9)
        {
            T.Store(c90, c + (9 * cRow));
            T.Store(c91, c + (9 * cRow) + T.Width);
        }

        if (TRows.Count > 10)
        {
            T.Store(c100, c + (10 * cRow));
            T.Store(c101, c + (10 * cRow) + T.Width);
        }

        if (TRows.Count > 11)
        {
            T.Store(c110, c + (11 * cRow));
            T.Store(c111, c + (11 * cRow) + T.Width);
        }
    }

    private interface IRows
    {
        static abstract int Count { get; }
    }

    private readonly struct Rows1 : IRows
    {
        public static int Count => 1;
    }

    private readonly struct Rows2 : IRows
    {
        public static int Count => 2;
    }

    private readonly struct Rows3 : IRows
    {
        public static int Count => 3;
    }

    private readonly struct Rows4 : IRows
    {
        public static int Count => 4;
    }

    private readonly struct Rows5 : IRows
    {
        public static int Count => 5;
    }

    private readonly struct Rows6 : IRows
    {
        public static int Count => 6;
    }

    private readonly struct Rows12 : IRows
    {
        public static int Count => 12;
    }
}
