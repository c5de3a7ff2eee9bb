using DiffusionSharp.Noise;

namespace DiffusionSharp.Evaluation.Tests.Kit;

/// <summary>Features to test with.</summary>
internal static class Features
{
    /// <summary>Standard normals, or those times a deviation plus a mean, the same for all features.</summary>
    public static double[] Normal(int count, int dimension, ulong seed, double mean = 0, double deviation = 1)
    {
        var values = new double[count * dimension];
        CounterNoise.Gaussian(seed, 0, values);
        return Array.ConvertAll(values, v => mean + (deviation * v));
    }

    /// <summary>The same as a matrix.</summary>
    public static FeatureMatrix NormalMatrix(int count, int dimension, ulong seed, double mean = 0, double deviation = 1) =>
        FeatureMatrix.Create(Normal(count, dimension, seed, mean, deviation), dimension, $"set {seed}");

    /// <summary>The rows in another order.</summary>
    public static double[] Permuted(double[] values, int dimension, IReadOnlyList<int> order) =>
        [.. order.SelectMany(i => values[(i * dimension)..((i + 1) * dimension)])];

    /// <summary>An orthogonal matrix: a product of reflections (Householder) at random vectors.</summary>
    public static double[] Orthogonal(int n, ulong seed)
    {
        var q = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            q[(i * n) + i] = 1;
        }

        for (var k = 0; k < 3; k++)
        {
            var v = Normal(1, n, seed + (ulong)k);
            var square = v.Sum(x => x * x);
            for (var i = 0; i < n; i++)
            {
                var product = Enumerable.Range(0, n).Sum(j => q[(i * n) + j] * v[j]);
                for (var j = 0; j < n; j++)
                {
                    q[(i * n) + j] -= 2 * product * v[j] / square;
                }
            }
        }

        return q;
    }

    /// <summary>QΛQᵀ.</summary>
    public static double[] Symmetric(double[] q, double[] eigenvalues)
    {
        var n = eigenvalues.Length;
        var s = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                s[(i * n) + j] = s[(j * n) + i] = Enumerable.Range(0, n).Sum(k => q[(i * n) + k] * eigenvalues[k] * q[(j * n) + k]);
            }
        }

        return s;
    }
}
