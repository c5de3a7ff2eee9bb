using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

/// <summary>The choices of a DDIM or DDPM plan; the defaults are the DDIM paper's.</summary>
public sealed record DdimOptions
{
    /// <summary>η: 0 is DDIM, 1 and <see cref="Eta.Hat"/> are DDPM.</summary>
    public Eta Eta { get; init; }

    /// <summary>What the network returns.</summary>
    public PredictionType PredictionType { get; init; }

    /// <summary>What is done to x0.</summary>
    public X0Treatment X0Treatment { get; init; } = X0Treatment.None;

    /// <summary>The level after the last timestep.</summary>
    public FinalAlphaBar FinalAlphaBar { get; init; }
}
