namespace DiffusionSharp.Training.Options;

/// <summary>How the timesteps of a training batch are drawn.</summary>
public enum TimestepSampling
{
    /// <summary>Independent and uniform on 0…T-1 (DDPM, algorithm 1).</summary>
    Uniform,

    /// <summary>Half uniform, the other half T-1-t of the first, which lowers the variance of the loss (the DDIM reference code).</summary>
    Antithetic,

    /// <summary>
    /// More often where the loss is large: p_t ∝ √(mean square of the latest ten losses at t), uniform until there are ten of each t; the losses are
    /// weighted by 1/(T·p_t), so that what is minimised stays the same (improved-diffusion's loss-second-moment).
    /// </summary>
    LossAware,
}
