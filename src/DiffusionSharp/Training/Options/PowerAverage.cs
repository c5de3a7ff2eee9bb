using DiffusionSharp.Noise;

namespace DiffusionSharp.Training.Options;

/// <summary>
/// Averages of weights by a power function, and those of other lengths made of them after training (Karras et al. 2024, section 3 and appendix C): at
/// update t the weights of update τ count (γ+1)·τ^γ/t^(γ+1), and σ_rel is that profile's standard deviation as a part of t.
/// </summary>
public static class PowerAverage
{
    /// <summary>The least σ_rel that is supported.</summary>
    public const double LeastLength = 0.001;

    /// <summary>The largest σ_rel that is supported; the profile of γ = 0, a plain mean, has 0.2887.</summary>
    public const double MostLength = 0.25;

    /// <summary>γ of a length: σ_rel² = (γ+1)/((γ+2)²(γ+3)).</summary>
    /// <param name="length">σ_rel, <see cref="LeastLength"/>…<see cref="MostLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside.</exception>
    public static double Exponent(double length)
    {
        if (!IsLength(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"σ_rel is outside {LeastLength}…{MostLength}");
        }

        // It falls as γ rises.
        var (low, high) = (0.0, 2 / LeastLength);
        for (var i = 0; i < 100; i++)
        {
            var middle = 0.5 * (low + high);
            var square = (middle + 1) / ((middle + 2) * (middle + 2) * (middle + 3));
            (low, high) = square > length * length ? (middle, high) : (low, middle);
        }

        return 0.5 * (low + high);
    }

    /// <summary>Whether a length is supported.</summary>
    /// <param name="length">σ_rel.</param>
    public static bool IsLength(double length) => length is >= LeastLength and <= MostLength;

    /// <summary>β_t = (1 - 1/t)^(γ+1) with t = <paramref name="updates"/> + 1: what is kept of the average in the update after so many others.</summary>
    /// <param name="exponent">γ.</param>
    /// <param name="updates">Updates done before; the first one keeps nothing.</param>
    public static double Decay(double exponent, long updates) =>
        updates == 0 ? 0 : Exponential.Exp((exponent + 1) * BoxMuller.Log(updates / (updates + 1.0)));

    /// <summary>The weights of stored averages whose sum is nearest to the average of another length, by least squares of the profiles (algorithm 3).</summary>
    /// <param name="stored">Update and γ of each stored average; no two alike.</param>
    /// <param name="update">The update at which the other average is wanted.</param>
    /// <param name="exponent">Its γ.</param>
    public static double[] Coefficients(IReadOnlyList<(double Update, double Exponent)> stored, double update, double exponent)
    {
        ArgumentNullException.ThrowIfNull(stored);
        var n = stored.Count;
        var (a, x, scale) = (new double[n, n], new double[n], new double[n]);

        // Profiles are scaled to norm 1, which the solution does not depend on, but its rounding does.
        for (var i = 0; i < n; i++)
        {
            scale[i] = 1 / Math.Sqrt(Product(stored[i], stored[i]));
        }

        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < n; k++)
            {
                a[i, k] = Product(stored[i], stored[k]) * scale[i] * scale[k];
            }

            x[i] = Product(stored[i], (update, exponent)) * scale[i];
        }

        Solve(a, x);
        for (var i = 0; i < n; i++)
        {
            x[i] *= scale[i];
        }

        return x;
    }

    /// <summary>∫ p_a·p_b of two profiles, in closed form (appendix C.2).</summary>
    internal static double Product((double Update, double Exponent) a, (double Update, double Exponent) b)
    {
        var (earlier, later) = a.Update < b.Update ? (a, b) : (b, a);
        return (a.Exponent + 1) * (b.Exponent + 1) * Math.Pow(earlier.Update / later.Update, later.Exponent) / ((a.Exponent + b.Exponent + 1) * later.Update);
    }

    // Gaussian elimination with the largest pivot of each column.
    private static void Solve(double[,] a, double[] x)
    {
        var n = x.Length;
        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(a[row, column]));
            for (var k = 0; k < n; k++)
            {
                (a[column, k], a[pivot, k]) = (a[pivot, k], a[column, k]);
            }

            (x[column], x[pivot]) = (x[pivot], x[column]);
            for (var row = column + 1; row < n; row++)
            {
                var factor = a[row, column] / a[column, column];
                for (var k = column; k < n; k++)
                {
                    a[row, k] -= factor * a[column, k];
                }

                x[row] -= factor * x[column];
            }
        }

        for (var row = n - 1; row >= 0; row--)
        {
            for (var k = row + 1; k < n; k++)
            {
                x[row] -= a[row, k] * x[k];
            }

            x[row] /= a[row, row];
        }
    }
}
