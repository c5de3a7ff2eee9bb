namespace DiffusionSharp.Sampling.Solvers;

/// <summary>The small linear systems of the multistep solvers, in float64.</summary>
internal static class Vandermonde
{
    /// <summary>
    /// Solves Σ_j w_j·x_j^i = b_i for w, i = 0..n-1 (Björck and Pereyra 1970; Golub and Van Loan, algorithm 4.6.2): coefficients that make a rule
    /// exact for the polynomials whose values at x are known and whose moments are b.
    /// </summary>
    /// <param name="x">The nodes, all different.</param>
    /// <param name="b">As many moments; overwritten by w.</param>
    public static void Solve(ReadOnlySpan<double> x, Span<double> b)
    {
        var n = x.Length;
        for (var k = 0; k < n - 1; k++)
        {
            for (var i = n - 1; i > k; i--)
            {
                b[i] -= x[k] * b[i - 1];
            }
        }

        for (var k = n - 2; k >= 0; k--)
        {
            for (var i = k + 1; i < n; i++)
            {
                b[i] /= x[i] - x[i - k - 1];
            }

            for (var i = k; i < n - 1; i++)
            {
                b[i] -= b[i + 1];
            }
        }
    }
}
