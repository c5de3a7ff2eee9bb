using System.Numerics;
using System.Runtime.InteropServices;

namespace TestKit.Networks;

/// <summary>The inner loop of the reference: the only part of it that is written for speed.</summary>
internal static class Rows
{
    /// <summary>sum[i] += Σ_k factors[k]·x[offsets[k] + i].</summary>
    public static void AddProducts(Span<double> sum, ReadOnlySpan<double> factors, ReadOnlySpan<double> x, ReadOnlySpan<int> offsets)
    {
        var (i, width) = (0, Vector<double>.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsets[^1] + sum.Length, x.Length);
        ref var start = ref MemoryMarshal.GetReference(x);
        for (; i <= sum.Length - (4 * width); i += 4 * width)
        {
            Vector<double> a = default, b = default, c = default, d = default;
            for (var k = 0; k < factors.Length; k++)
            {
                var (factor, at) = (new Vector<double>(factors[k]), (nuint)(offsets[k] + i));
                a = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref start, at), a);
                b = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref start, at + (nuint)width), b);
                c = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref start, at + (nuint)(2 * width)), c);
                d = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref start, at + (nuint)(3 * width)), d);
            }

            (new Vector<double>(sum[i..]) + a).CopyTo(sum[i..]);
            (new Vector<double>(sum[(i + width)..]) + b).CopyTo(sum[(i + width)..]);
            (new Vector<double>(sum[(i + (2 * width))..]) + c).CopyTo(sum[(i + (2 * width))..]);
            (new Vector<double>(sum[(i + (3 * width))..]) + d).CopyTo(sum[(i + (3 * width))..]);
        }

        for (; i < sum.Length; i++)
        {
            for (var k = 0; k < factors.Length; k++)
            {
                sum[i] = Math.FusedMultiplyAdd(factors[k], x[offsets[k] + i], sum[i]);
            }
        }
    }

    /// <summary>Σ_i a[i]·b[i].</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (i, width) = (0, Vector<double>.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(a.Length, b.Length);
        Vector<double> even = default, odd = default;
        for (; i <= a.Length - (2 * width); i += 2 * width)
        {
            even = Vector.FusedMultiplyAdd(new Vector<double>(a[i..]), new Vector<double>(b[i..]), even);
            odd = Vector.FusedMultiplyAdd(new Vector<double>(a[(i + width)..]), new Vector<double>(b[(i + width)..]), odd);
        }

        var sum = Vector.Sum(even + odd);
        for (; i < a.Length; i++)
        {
            sum = Math.FusedMultiplyAdd(a[i], b[i], sum);
        }

        return sum;
    }

    /// <summary>sum[i] += factor·x[i].</summary>
    public static void AddProduct(Span<double> sum, double factor, ReadOnlySpan<double> x) => AddProducts(sum, [factor], x, [0]);
}
