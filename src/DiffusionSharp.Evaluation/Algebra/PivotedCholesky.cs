using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Algebra;

/// <summary>
/// S = LLᵀ of a symmetric positive semidefinite S, with as many columns as S has rank: in each step the largest variance that is left is taken
/// off (Higham 1990, "Analysis of the Cholesky decomposition of a semi-definite matrix"). Columns are made when their turn comes, of the rows
/// of L before them.
/// </summary>
internal static class PivotedCholesky
{
    private const int Chunk = 64;
    private const double UnitRoundoff = 1.0 / (1L << 52);

    // Rounding to float32 leaves less than this below zero.
    private const double Indefinite = 1e-4;

    /// <summary>Factors a covariance.</summary>
    /// <param name="s">n × n.</param>
    /// <param name="n">Its size.</param>
    /// <param name="name">What messages call it.</param>
    /// <returns>L, row-major n × rank, and the rank.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: it has a clearly negative eigenvalue.</exception>
    public static (double[] L, int Rank) Factor(ReadOnlyMemory<double> s, int n, string name)
    {
        var l = new double[n * n];
        var left = new double[n];
        var done = new bool[n];
        for (var i = 0; i < n; i++)
        {
            left[i] = s.Span[(i * n) + i];
        }

        var largest = left.Max();
        var least = Math.Max(n, 32) * UnitRoundoff * largest;
        var rank = 0;
        for (; rank < n; rank++)
        {
            var pivot = Array.IndexOf(left, left.Max());
            if (left[pivot] <= least)
            {
                break;
            }

            AddColumn(s, n, l, rank, pivot, left, done);
        }

        if (left.Min() < -Indefinite * largest)
        {
            throw new DiffusionException(
                ErrorKind.Data, $"{name}: the covariance has a negative eigenvalue, expected none: this is no covariance; make the statistics anew of the images");
        }

        return (Narrow(l, n, rank), rank);
    }

    private static void AddColumn(ReadOnlyMemory<double> s, int n, double[] l, int column, int pivot, double[] left, bool[] done)
    {
        var root = Math.Sqrt(left[pivot]);
        Parallel.For(0, (n + Chunk - 1) / Chunk, chunk =>
        {
            for (var i = chunk * Chunk; i < Math.Min(n, (chunk + 1) * Chunk); i++)
            {
                // Of the pivots before, nothing is left.
                if (!done[i])
                {
                    var rest = s.Span[(pivot * n) + i] - FixedLanes.Dot(l.AsSpan(i * n, column), l.AsSpan(pivot * n, column));
                    var value = l[(i * n) + column] = i == pivot ? root : rest / root;
                    left[i] -= value * value;
                }
            }
        });
        (left[pivot], done[pivot]) = (0, true);
    }

    private static double[] Narrow(double[] l, int n, int rank)
    {
        var narrow = new double[n * rank];
        for (var i = 0; i < n; i++)
        {
            l.AsSpan(i * n, rank).CopyTo(narrow.AsSpan(i * rank));
        }

        return narrow;
    }
}
