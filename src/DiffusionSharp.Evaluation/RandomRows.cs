using DiffusionSharp.Noise;

namespace DiffusionSharp.Evaluation;

/// <summary>Random images of a set, as pure functions of (seed, stream): the same on every machine.</summary>
internal static class RandomRows
{
    /// <summary>Images of which none comes twice: the first steps of a Fisher–Yates shuffle.</summary>
    /// <param name="count">Images in the set.</param>
    /// <param name="size">How many to draw.</param>
    /// <param name="seed">A seed.</param>
    /// <param name="stream">Which draw.</param>
    public static int[] WithoutRepetition(int count, int size, ulong seed, long stream)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, count);
        var random = new double[size];
        CounterNoise.Uniform(seed, stream, random);
        int[] order = [.. Enumerable.Range(0, count)];
        for (var i = 0; i < size; i++)
        {
            var j = i + (int)(random[i] * (count - i));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order[..size];
    }

    /// <summary>As many images as there are, each drawn from all of them: a bootstrap sample.</summary>
    /// <param name="rows">Receives them.</param>
    /// <param name="seed">A seed.</param>
    /// <param name="stream">Which draw.</param>
    public static void WithRepetition(Span<int> rows, ulong seed, long stream)
    {
        var random = new double[rows.Length];
        CounterNoise.Uniform(seed, stream, random);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (int)(random[i] * rows.Length);
        }
    }
}
