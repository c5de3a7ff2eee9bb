using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Sums of k(x, y) = (xᵀy / D + 1)³ over pairs of images; each row's in order, then the rows'.</summary>
internal static unsafe class KernelSums
{
    /// <summary>The sum over all pairs.</summary>
    /// <param name="a">Images in columns.</param>
    /// <param name="b">Images in columns.</param>
    /// <param name="exceptDiagonal">Whether to leave an image with itself out.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    public static double Sum(Panels<double> a, Panels<double> b, bool exceptDiagonal, CancellationToken cancellationToken)
    {
        var width = Panels<double>.Width;
        var rows = new double[a.Columns];
        Parallel.For(0, a.Count, new ParallelOptions { CancellationToken = cancellationToken }, () => new double[width * width], (i, _, square) =>
        {
            fixed (double* products = square)
            {
                for (var j = 0; j < b.Count; j++)
                {
                    Array.Clear(square);
                    Panels<double>.Multiply(a[i], b[j], a.Rows, products);
                    for (var row = 0; row < a.ColumnsOf(i); row++)
                    {
                        ref var sum = ref rows[(i * width) + row];
                        for (var column = 0; column < b.ColumnsOf(j); column++)
                        {
                            var t = (products[(row * width) + column] / a.Rows) + 1;
                            sum += exceptDiagonal && i == j && row == column ? 0 : t * t * t;
                        }
                    }
                }
            }

            return square;
        }, _ => { });
        return rows.Sum();
    }
}
