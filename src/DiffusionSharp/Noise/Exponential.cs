namespace DiffusionSharp.Noise;

/// <summary>
/// e^x from IEEE add, multiply and divide in one fixed order, so that every machine gives the same bits; the polynomial is fdlibm's
/// (Sun Microsystems 1993), good to about 1 unit in the last place.
/// </summary>
internal static class Exponential
{
    private const double Log2E = 1.44269504088896338700;
    private const double P1 = 1.66666666666666019037e-01, P2 = -2.77777777770155933842e-03, P3 = 6.61375632143793436117e-05,
        P4 = -1.65339022054652515390e-06, P5 = 4.13813679705723846039e-08;

    /// <summary>e^x for any x: 0 far below, infinity far above.</summary>
    public static double Exp(double x)
    {
        if (!(x > -746 && x < 710))
        {
            return double.IsNaN(x) ? x : x < 0 ? 0 : double.PositiveInfinity;
        }

        // x = k·ln 2 + r with |r| <= ln 2 / 2.
        var k = (int)Math.Round(x * Log2E);
        double high = x - (k * BoxMuller.Ln2High), low = k * BoxMuller.Ln2Low;
        double r = high - low, z = r * r;
        var c = r - (z * (P1 + (z * (P2 + (z * (P3 + (z * (P4 + (z * P5)))))))));
        var y = 1 - (low - (r * c / (2 - c)) - high);

        // In two halves, since 2^k itself may be out of range where the result is not.
        return y * PowerOfTwo(k / 2) * PowerOfTwo(k - (k / 2));
    }

    private static double PowerOfTwo(int k) => BitConverter.Int64BitsToDouble((1023L + k) << 52);
}
