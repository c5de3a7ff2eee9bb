using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>A schedule that is continuous in t: λ = logSNR/2 goes from -3 at T-1 to 3 at 0, and t tells a network its λ.</summary>
internal static class LambdaGrid
{
    private const int T = 1000;

    /// <summary>ᾱ where chains start.</summary>
    public static double From => AlphaBar(T - 1);

    /// <summary>ᾱ where they end.</summary>
    public static double To => AlphaBar(0);

    /// <summary>ᾱ at any t.</summary>
    public static double AlphaBar(double t) => 1 / (1 + Math.Exp(-2 * (3 - (6 * t / (T - 1)))));

    /// <summary>S steps, evenly spaced in λ.</summary>
    public static NoiseLevels Levels(int steps) => NoiseLevels.Custom(T, To,
        [.. Enumerable.Range(0, steps).Select(i => (T - 1) * (1.0 - ((double)i / steps))).Select(t => new NoiseLevel(t, AlphaBar(t)))]);
}
