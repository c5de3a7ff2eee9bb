namespace DiffusionSharp.Schedules;

/// <summary>A noise level: what the network is called with there, and how much signal is left.</summary>
/// <param name="Timestep">t in [0, T-1], not always a whole number.</param>
/// <param name="AlphaBar">ᾱ at t, in [0, 1).</param>
public readonly record struct NoiseLevel(double Timestep, double AlphaBar)
{
    private const double SmallestAlphaBar = 1.0 / (1 << 24);

    /// <summary>λ = ln(√ᾱ/√(1-ᾱ)), half the log signal-to-noise ratio (DPM-Solver); -∞ where ᾱ = 0.</summary>
    public double Lambda => LambdaOf(AlphaBar);

    /// <summary>σ = √((1-ᾱ)/ᾱ), the noise beside a signal of 1 (EDM's σ).</summary>
    public double Sigma => SigmaOf(AlphaBar);

    /// <summary>λ of ᾱ: -∞ for pure noise, +∞ for the clean image.</summary>
    /// <param name="alphaBar">In [0, 1].</param>
    public static double LambdaOf(double alphaBar) => 0.5 * Math.Log(alphaBar / (1 - alphaBar));

    /// <summary>ᾱ where solvers need a finite λ: ᾱ = 0 counts as 2⁻²⁴, or as half the next level where that is lower still.</summary>
    /// <param name="alphaBar">ᾱ of a level.</param>
    /// <param name="next">ᾱ of the next cleaner level, above 0.</param>
    internal static double AboveZero(double alphaBar, double next) => alphaBar == 0 ? Math.Min(SmallestAlphaBar, next / 2) : alphaBar;

    /// <summary>EDM's σ of ᾱ: 0 for the clean image, +∞ for pure noise.</summary>
    /// <param name="alphaBar">In [0, 1].</param>
    public static double SigmaOf(double alphaBar) => Math.Sqrt((1 - alphaBar) / alphaBar);
}
