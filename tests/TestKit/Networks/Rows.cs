using System.Numerics;

namespace TestKit.Networks;

/// <summary>Loops over rows of doubles, in vectors: the only part of the reference that is written for speed.</summary>
internal static class Rows
{
    /// <summary>sum += factor·x.</summary>
    public static void AddScaled(Span<double> sum, double factor, ReadOnlySpan<double> x)
    {
        var (i, factors) = (0, new Vector<double>(factor));
        for (; i <= sum.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector.FusedMultiplyAdd(factors, new Vector<double>(x[i..]), new Vector<double>(sum[i..])).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] = Math.FusedMultiplyAdd(factor, x[i], sum[i]);
        }
    }

    /// <summary>Σ a·b.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (i, sums) = (0, Vector<double>.Zero);
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            sums = Vector.FusedMultiplyAdd(new Vector<double>(a[i..]), new Vector<double>(b[i..]), sums);
        }

        var sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
