namespace DiffusionSharp.Evaluation.Products;

/// <summary>Sums of products of rows or columns, in parallel over the result: threads change no bit.</summary>
internal static unsafe class OuterProducts
{
    /// <summary>C += XᵀX, the upper triangle alone, the rows of X in order.</summary>
    /// <param name="x">Rows × n, row-major.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="n">Columns of X.</param>
    /// <param name="c">n × n.</param>
    public static void Add(double[] x, int rows, int n, double[] c)
    {
        using var panels = Packed(x, rows, n);
        Parallel.For(0, panels.Count, () => new double[Panels<double>.Width * Panels<double>.Width], (i, _, square) =>
        {
            fixed (double* pointer = square)
            {
                for (var j = i; j < panels.Count; j++)
                {
                    Copy(c, n, i, j, square, into: true);
                    Panels<double>.Multiply(panels[i], panels[j], rows, pointer);
                    Copy(c, n, i, j, square, into: false);
                }
            }

            return square;
        }, _ => { });
    }

    /// <summary>AᵀB.</summary>
    /// <param name="a">k × m, row-major.</param>
    /// <param name="b">k × n, row-major.</param>
    /// <param name="k">Rows of both.</param>
    /// <param name="m">Columns of A.</param>
    /// <param name="n">Columns of B.</param>
    /// <returns>m × n.</returns>
    public static double[] Multiply(double[] a, double[] b, int k, int m, int n)
    {
        using Panels<double> left = Packed(a, k, m), right = Packed(b, k, n);
        var c = new double[m * n];
        Parallel.For(0, left.Count, () => new double[Panels<double>.Width * Panels<double>.Width], (i, _, square) =>
        {
            fixed (double* pointer = square)
            {
                for (var j = 0; j < right.Count; j++)
                {
                    Array.Clear(square);
                    Panels<double>.Multiply(left[i], right[j], k, pointer);
                    for (var row = 0; row < left.ColumnsOf(i); row++)
                    {
                        square.AsSpan(row * Panels<double>.Width, right.ColumnsOf(j)).CopyTo(c.AsSpan((((i * Panels<double>.Width) + row) * n) + (j * Panels<double>.Width)));
                    }
                }
            }

            return square;
        }, _ => { });
        return c;
    }

    private static Panels<double> Packed(double[] x, int rows, int n)
    {
        var panels = new Panels<double>(rows, n);
        Parallel.For(0, panels.Count, i => panels.SetFromMatrix(i, x, n));
        return panels;
    }

    // A square of C, or what of it lies in the matrix and above its diagonal.
    private static void Copy(double[] c, int n, int i, int j, double[] square, bool into)
    {
        var width = Panels<double>.Width;
        for (var row = 0; row < width && (i * width) + row < n; row++)
        {
            // Below the diagonal a square has what nobody asks for.
            var skip = i == j ? row : 0;
            var inC = c.AsSpan((((i * width) + row) * n) + (j * width) + skip, Math.Min(width, n - (j * width)) - skip);
            var inSquare = square.AsSpan((row * width) + skip, inC.Length);
            if (into)
            {
                inC.CopyTo(inSquare);
            }
            else
            {
                inSquare.CopyTo(inC);
            }
        }
    }
}
