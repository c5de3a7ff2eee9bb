namespace DiffusionSharp.Schedules;

/// <summary>A noise level: what the network is called with there, and how much signal is left.</summary>
/// <param name="Timestep">t in [0, T-1], not always a whole number.</param>
/// <param name="AlphaBar">ᾱ at t, in [0, 1).</param>
public readonly record struct NoiseLevel(double Timestep, double AlphaBar)
{
    /// <summary>ln(√ᾱ/√(1-ᾱ)), half the log signal-to-noise ratio (DPM-Solver's λ); +∞ for the clean image.</summary>
    public double Lambda => LambdaOf(AlphaBar);

    /// <summary>σ = √((1-ᾱ)/ᾱ), the noise beside a signal of 1 (EDM's σ).</summary>
    public double Sigma => Math.Sqrt((1 - AlphaBar) / AlphaBar);

    /// <summary>λ of ᾱ; ᾱ = 0 counts as 2⁻²⁴, as solvers need a finite λ.</summary>
    /// <param name="alphaBar">In [0, 1].</param>
    public static double LambdaOf(double alphaBar) =>
        0.5 * Math.Log(Math.Max(alphaBar, NoiseSchedule.SmallestAlphaBar) / (1 - alphaBar));
}
