using System.Runtime.Intrinsics;

namespace DiffusionSharp.Noise;

/// <summary>
/// Two 53-bit integers to two standard normals: √(-2 ln u)·(cos 2πv, sin 2πv) with u = (a+1)/2⁵³ and v = b/2⁵³.
/// Only IEEE add, multiply, divide and square root, in one fixed order, so that every machine gives the same bits;
/// the polynomials are fdlibm's (Sun Microsystems 1993), good to about 1 unit in the last place.
/// The vector form does the very same operations in four lanes.
/// </summary>
internal static class BoxMuller
{
    /// <summary>ln 2 in two parts; a small integer times the first is exact.</summary>
    public const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

    private const double Ulp = 1.0 / (1L << 53);
    private const long SqrtHalfBits = 0x3FE6A09E667F3BCD;
    private const long Bias = 64L << 52;
    private const double L1 = 6.666666666666735130e-01, L2 = 3.999999999940941908e-01, L3 = 2.857142874366239149e-01,
        L4 = 2.222219843214978396e-01, L5 = 1.818357216161805012e-01, L6 = 1.531383769920937332e-01, L7 = 1.479819860511658591e-01;

    private const double S1 = -1.66666666666666324348e-01, S2 = 8.33333333332248946124e-03, S3 = -1.98412698298579493134e-04,
        S4 = 2.75573137070700676789e-06, S5 = -2.50507602534068634195e-08, S6 = 1.58969099521155010221e-10;

    private const double C1 = 4.16666666666666019037e-02, C2 = -1.38888888888741095749e-03, C3 = 2.48015872894767294178e-05,
        C4 = -2.75573143513906633035e-07, C5 = 2.08757232129817482790e-09, C6 = -1.13596475577881948265e-11;

    public static (double First, double Second) Pair(long a, long b)
    {
        var r = Math.Sqrt(-2 * Log((a + 1) * Ulp));
        var (cos, sin) = CosSin(b);
        return (r * cos, r * sin);
    }

    public static (Vector256<double> First, Vector256<double> Second) Pair(Vector256<long> a, Vector256<long> b)
    {
        var u = Vector256.ConvertToDouble(a + Vector256<long>.One) * Ulp;
        var r = Vector256.Sqrt(Log(u) * -2.0);
        var (cos, sin) = CosSin(b);
        return (r * cos, r * sin);
    }

    /// <summary>ln u for any u &gt; 0 but subnormal ones.</summary>
    public static double Log(double u)
    {
        var bits = BitConverter.DoubleToInt64Bits(u);
        var exponent = (bits - SqrtHalfBits) >> 52;
        var f = BitConverter.Int64BitsToDouble(bits - (exponent << 52)) - 1;
        double k = exponent, s = f / (2 + f);
        double z = s * s, w = z * z;
        var t1 = w * (L2 + (w * (L4 + (w * L6))));
        var t2 = z * (L1 + (w * (L3 + (w * (L5 + (w * L7))))));
        var half = 0.5 * f * f;
        return (s * (half + (t2 + t1))) + (k * Ln2Low) - half + f + (k * Ln2High);
    }

    /// <summary>cos and sin of 2π·b/2⁵³ for b in [0, 2⁵³).</summary>
    public static (double Cos, double Sin) CosSin(long b)
    {
        // Quarter turns and the exact rest, an angle within ±π/4.
        var quarter = (b + (1L << 50)) >>> 51;
        var x = (b - (quarter << 51)) * (4 * Ulp) * (Math.PI / 2);
        var z = x * x;
        var sin = x + (x * z * (S1 + (z * (S2 + (z * (S3 + (z * (S4 + (z * (S5 + (z * S6)))))))))));
        var half = 0.5 * z;
        var w = 1 - half;
        var cos = w + (1 - w - half + (z * z * (C1 + (z * (C2 + (z * (C3 + (z * (C4 + (z * (C5 + (z * C6))))))))))));
        var swap = (quarter & 1) != 0;
        return (Negate(swap ? sin : cos, (quarter + 1) & 2), Negate(swap ? cos : sin, quarter & 2));
    }

    private static Vector256<double> Log(Vector256<double> u)
    {
        var bits = u.AsInt64();
        var exponent = ((bits - Vector256.Create(SqrtHalfBits - Bias)) >>> 52) - Vector256.Create(64L);
        var f = (bits - (exponent << 52)).AsDouble() - Vector256<double>.One;
        var k = Vector256.ConvertToDouble(exponent);
        var s = f / (Vector256.Create(2.0) + f);
        var z = s * s;
        var w = z * z;
        var t1 = w * (V(L2) + (w * (V(L4) + (w * L6))));
        var t2 = z * (V(L1) + (w * (V(L3) + (w * (V(L5) + (w * L7))))));
        var half = f * 0.5 * f;
        return (s * (half + (t2 + t1))) + (k * Ln2Low) - half + f + (k * Ln2High);
    }

    private static (Vector256<double> Cos, Vector256<double> Sin) CosSin(Vector256<long> b)
    {
        var quarter = (b + Vector256.Create(1L << 50)) >>> 51;
        var x = Vector256.ConvertToDouble(b - (quarter << 51)) * (4 * Ulp) * (Math.PI / 2);
        var z = x * x;
        var sin = x + (x * z * (V(S1) + (z * (V(S2) + (z * (V(S3) + (z * (V(S4) + (z * (V(S5) + (z * S6)))))))))));
        var half = z * 0.5;
        var one = Vector256<double>.One;
        var w = one - half;
        var cos = w + (one - w - half + (z * z * (V(C1) + (z * (V(C2) + (z * (V(C3) + (z * (V(C4) + (z * (V(C5) + (z * C6))))))))))));
        var swap = Vector256.Equals(quarter & Vector256<long>.One, Vector256<long>.One).AsDouble();
        var two = Vector256.Create(2L);
        var cosSign = (((quarter + Vector256<long>.One) & two) << 62).AsDouble();
        var sinSign = ((quarter & two) << 62).AsDouble();
        return (Vector256.ConditionalSelect(swap, sin, cos) ^ cosSign, Vector256.ConditionalSelect(swap, cos, sin) ^ sinSign);
    }

    private static Vector256<double> V(double value) => Vector256.Create(value);

    // Flips the sign where bit 1 of two is set.
    private static double Negate(double value, long two) =>
        BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) ^ (two << 62));
}
