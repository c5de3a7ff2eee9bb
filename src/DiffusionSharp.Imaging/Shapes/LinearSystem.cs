namespace DiffusionSharp.Imaging.Shapes;

/// <summary>Small symmetric positive systems.</summary>
internal static class LinearSystem
{
    /// <summary>Solves A·X = B in place by Cholesky's method; B has several right-hand sides as rows.</summary>
    /// <param name="a">[n, n], its lower triangle is read and overwritten.</param>
    /// <param name="b">[sides, n], overwritten by the solutions.</param>
    /// <param name="n">Unknowns.</param>
    /// <returns>False when A is not positive definite.</returns>
    public static bool Solve(Span<double> a, Span<double> b, int n)
    {
        for (var j = 0; j < n; j++)
        {
            for (var i = j; i < n; i++)
            {
                var sum = a[(i * n) + j];
                for (var k = 0; k < j; k++)
                {
                    sum -= a[(i * n) + k] * a[(j * n) + k];
                }

                if (i == j && !(sum > 1e-300))
                {
                    return false;
                }

                a[(i * n) + j] = i == j ? Math.Sqrt(sum) : sum / a[(j * n) + j];
            }
        }

        for (var side = 0; side < b.Length; side += n)
        {
            var x = b.Slice(side, n);
            for (var i = 0; i < n; i++)
            {
                for (var k = 0; k < i; k++)
                {
                    x[i] -= a[(i * n) + k] * x[k];
                }

                x[i] /= a[(i * n) + i];
            }

            for (var i = n - 1; i >= 0; i--)
            {
                for (var k = i + 1; k < n; k++)
                {
                    x[i] -= a[(k * n) + i] * x[k];
                }

                x[i] /= a[(i * n) + i];
            }
        }

        return true;
    }
}
