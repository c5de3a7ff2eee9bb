namespace DiffusionSharp.Sampling.Solvers;

/// <summary>How a plan gets from one level to the next.</summary>
public enum Solver
{
    /// <summary>DDIM and DDPM, by η (Song et al. 2021): one call a step, first order. EDM's Euler and Euler-ancestral are the same plans.</summary>
    Ddim,

    /// <summary>DPM-Solver++ 2M (Lu et al. 2022b): one call a step, second order.</summary>
    DpmPlusPlus2M,

    /// <summary>DPM-Solver++ 3M: one call a step, x0 extrapolated from three calls.</summary>
    DpmPlusPlus3M,

    /// <summary>SDE-DPM-Solver++ 2M: 2M with fresh noise, for the reverse SDE.</summary>
    DpmPlusPlus2MSde,

    /// <summary>EDM's deterministic sampler (Karras et al. 2022): 2S-1 calls, second order.</summary>
    Heun,

    /// <summary>Pseudo linear multistep (Liu et al. 2022): S+1 calls, second order.</summary>
    Plms,

    /// <summary>UniPC of order 2 (Zhao et al. 2023): S calls.</summary>
    UniPc2,

    /// <summary>UniPC of order 3: S calls.</summary>
    UniPc3,

    /// <summary>DEIS of order 2 (Zhang and Chen 2023), polynomials in λ: S calls.</summary>
    Deis2,

    /// <summary>DEIS of order 3: S calls.</summary>
    Deis3,
}
