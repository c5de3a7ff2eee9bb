namespace DiffusionSharp.Schedules;

/// <summary>How S timesteps are chosen among T. Each rule is the factory of the same name on <see cref="Timesteps"/>, or on <see cref="NoiseLevels"/>.</summary>
public enum TimestepSpacing
{
    /// <summary>The paper's linear rule, ⌊i·T/S⌋-1: starts at T-1, exactly S (default).</summary>
    Uniform,

    /// <summary>The paper's quadratic rule: denser near the clean image, exactly S.</summary>
    Quadratic,

    /// <summary>i·⌊T/S⌋ + offset (diffusers' DDIM default).</summary>
    Leading,

    /// <summary>round(T - i·T/S) - 1 (diffusers <c>trailing</c>), exactly S.</summary>
    Trailing,

    /// <summary>round(linspace(0, T-1, S)) (diffusers' DDIM family).</summary>
    Linspace,

    /// <summary>S+1 points of linspace without the lowest (diffusers' DPM-Solver and UniPC).</summary>
    LinspaceSolver,

    /// <summary>Every k-th timestep from 0, k = T/S (the seed article).</summary>
    Stride,

    /// <summary>range(0, T, T//S): the DDIM authors' released code, including its wrong count when S does not divide T.</summary>
    ErmongroupUniform,

    /// <summary>int(linspace(0, √(0.8T), S)²): the DDIM authors' released code, duplicates removed.</summary>
    ErmongroupQuad,

    /// <summary>Karras et al. 2022, equation 5: σ^(1/7) evenly spaced from the largest σ to the smallest; between the integer timesteps.</summary>
    Karras,

    /// <summary>σ in a geometric series from the largest to the smallest (k-diffusion's exponential); between the integer timesteps.</summary>
    Exponential,

    /// <summary>S+1 points with λ evenly spaced, without the last (DPM-Solver's logSNR); between the integer timesteps.</summary>
    LogSnr,

    /// <summary>The model's own τ for S, found by <c>ddim tune</c>; known to a model (<c>ModelSource.TunedTimesteps</c>), not to a schedule.</summary>
    Tuned,
}
