using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DiffusionSharp.Evaluation.Products;

/// <summary>Sums of float64 in eight lanes whatever the machine's vectors, added at the end as a tree: everywhere the same bits.</summary>
internal static class FixedLanes
{
    private const int Lanes = 8;

    /// <summary>Σ aᵢ·bᵢ.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector512<double> sum = default;
        var i = 0;
        ref double x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        for (; i <= a.Length - Lanes; i += Lanes)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, (nuint)i), Vector512.LoadUnsafe(ref y, (nuint)i), sum);
        }

        var rest = 0.0;
        for (; i < a.Length; i++)
        {
            rest = Math.FusedMultiplyAdd(a[i], b[i], rest);
        }

        return Tree(sum) + rest;
    }

    /// <summary>Σ (aᵢ - bᵢ)².</summary>
    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector512<double> sum = default;
        var i = 0;
        ref double x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        for (; i <= a.Length - Lanes; i += Lanes)
        {
            var difference = Vector512.LoadUnsafe(ref x, (nuint)i) - Vector512.LoadUnsafe(ref y, (nuint)i);
            sum = Vector512.FusedMultiplyAdd(difference, difference, sum);
        }

        var rest = 0.0;
        for (; i < a.Length; i++)
        {
            rest = Math.FusedMultiplyAdd(a[i] - b[i], a[i] - b[i], rest);
        }

        return Tree(sum) + rest;
    }

    /// <summary>Σ (aᵢ - bᵢ)² of float32 values, as if they had been float64.</summary>
    public static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector512<double> sum = default;
        var i = 0;
        ref float x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        for (; i <= a.Length - Lanes; i += Lanes)
        {
            var difference = Widen(Vector256.LoadUnsafe(ref x, (nuint)i)) - Widen(Vector256.LoadUnsafe(ref y, (nuint)i));
            sum = Vector512.FusedMultiplyAdd(difference, difference, sum);
        }

        var rest = 0.0;
        for (; i < a.Length; i++)
        {
            var difference = (double)a[i] - b[i];
            rest = Math.FusedMultiplyAdd(difference, difference, rest);
        }

        return Tree(sum) + rest;
    }

    private static Vector512<double> Widen(Vector256<float> values)
    {
        var (low, high) = Vector256.Widen(values);
        return Vector512.Create(low, high);
    }

    private static double Tree(Vector512<double> sum)
    {
        var four = sum.GetLower() + sum.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }
}
