namespace DiffusionSharp.Sampling;

/// <summary>How a plan gets from one level to the next.</summary>
public enum Solver
{
    /// <summary>DDIM and DDPM, by η (Song et al. 2021): one call a step, first order.</summary>
    Ddim,
}
