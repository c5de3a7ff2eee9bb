namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// Sines and cosines of a timestep in float64 by IEEE operations only. The platform's own functions may differ in the last bit, and
/// so would the image.
/// </summary>
internal static class Sinusoid
{
    private const int Terms = 14;

    /// <summary>f_k = 10000^(-k / (half - shift)), k = 0…half-1.</summary>
    public static double[] Frequencies(int dimension, double shift)
    {
        var half = dimension / 2;

        // e^-x by squaring e^(-x/2^10), so that few terms do.
        var x = -9.210340371976184 / (half - shift) / 1024;
        var ratio = 1 + (x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5)))))))));
        for (var i = 0; i < 10; i++)
        {
            ratio *= ratio;
        }

        var frequencies = new double[half];
        var f = 1.0;
        for (var k = 0; k < half; k++, f *= ratio)
        {
            frequencies[k] = f;
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
}
