namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// Sines and cosines of a timestep in float64 by IEEE operations only. The platform's own functions may differ in the last bit, and
/// so would the image.
/// </summary>
internal static class Sinusoid
{
    private const int Terms = 14;

    /// <summary>f_k = 10000^(-k / (half - shift)), k = 0…half-1, to 1e-15.</summary>
    public static double[] Frequencies(int dimension, double shift)
    {
        var frequencies = new double[dimension / 2];
        for (var k = 0; k < frequencies.Length; k++)
        {
            frequencies[k] = k == 0 ? 1 : Exp(k * -9.210340371976184 / (frequencies.Length - shift));
        }

        return frequencies;
    }

    /// <summary>Sine and cosine; good to 1e-12 for angles up to 1000.</summary>
    public static (double Sin, double Cos) Of(double angle)
    {
        // Less whole turns in two parts: what remains is within half a turn.
        var turns = Math.Round(angle / 6.283185307179586);
        var r = Math.FusedMultiplyAdd(turns, -6.283185307179586, angle);
        r = Math.FusedMultiplyAdd(turns, -2.4492935982947064e-16, r);
        var (sin, cos, square) = (1.0, 1.0, r * r);
        for (var n = Terms; n > 0; n--)
        {
            sin = 1 - (square / (2 * n * ((2 * n) + 1)) * sin);
            cos = 1 - (square / (2 * n * ((2 * n) - 1)) * cos);
        }

        return (r * sin, cos);
    }

    // x = n·ln 2 + r in two parts, |r| ≤ ½·ln 2, then Taylor's series.
    private static double Exp(double x)
    {
        var n = Math.Round(x * 1.4426950408889634);
        var r = Math.FusedMultiplyAdd(n, -0.6931471805599453, x);
        r = Math.FusedMultiplyAdd(n, -2.3190468138462996e-17, r);
        var p = 1.0;
        for (var i = Terms; i > 0; i--)
        {
            p = 1 + (r / i * p);
        }

        return Math.ScaleB(p, (int)n);
    }
}
