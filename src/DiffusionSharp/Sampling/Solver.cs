namespace DiffusionSharp.Sampling;

/// <summary>How a plan gets from one level to the next.</summary>
public enum Solver
{
    /// <summary>DDIM and DDPM, by η (Song et al. 2021): one call a step, first order.</summary>
    Ddim,

    /// <summary>DPM-Solver++ 2M (Lu et al. 2022b): one call a step, second order.</summary>
    DpmPlusPlus2M,

    /// <summary>DPM-Solver++ 3M: one call a step, x0 extrapolated from three calls.</summary>
    DpmPlusPlus3M,

    /// <summary>SDE-DPM-Solver++ 2M: 2M with fresh noise, for the reverse SDE.</summary>
    DpmPlusPlus2MSde,
}
