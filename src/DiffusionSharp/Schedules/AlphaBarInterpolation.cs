namespace DiffusionSharp.Schedules;

/// <summary>How ᾱ is read between two integer timesteps. Solvers disagree, so each names its own.</summary>
public enum AlphaBarInterpolation
{
    /// <summary>ln σ is linear in t, with σ = √((1-ᾱ)/ᾱ) (diffusers, k-diffusion).</summary>
    LogSigma,

    /// <summary>ln α is linear in t, with α = √ᾱ (the official DPM-Solver).</summary>
    LogAlpha,
}
