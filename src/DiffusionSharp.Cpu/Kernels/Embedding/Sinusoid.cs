namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>
/// Sines and cosines of a timestep in float64 by IEEE operations only. The platform's own functions may differ in the last bit, and
/// so would the image.
/// </summary>
internal static class Sinusoid
{
    private const int Terms = 14;

    /// <summary>f_k = period^(-k / (half - shift)), k = 0…half-1, to 1e-15 for a period of 10000.</summary>
    public static double[] Frequencies(int dimension, double shift, double period)
    {
        var log = period == 10000 ? 9.210340371976184 : Log(period);
        var frequencies = new double[dimension / 2];
        for (var k = 0; k < frequencies.Length; k++)
        {
            frequencies[k] = k == 0 ? 1 : Exp(k * -log / (frequencies.Length - shift));
        }

        return frequencies;
    }

    /// <summary>Sine and cosine; good to 1e-12 for angles up to 1000.</summary>
    public static (double Sin, double Cos) SinCos(double angle)
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

    // x = 2^n·m with m in [1, 2), and the series of ln in (m - 1)/(m + 1), at most a third.
    private static double Log(double x)
    {
        var n = Math.ILogB(x);
        var m = Math.ScaleB(x, -n);
        var s = (m - 1) / (m + 1);
        var p = 0.0;
        for (var i = 2 * 18; i >= 0; i -= 2)
        {
            p = (1.0 / (i + 1)) + (s * s * p);
        }

        return Math.FusedMultiplyAdd(n, 0.6931471805599453, 2 * s * p);
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
