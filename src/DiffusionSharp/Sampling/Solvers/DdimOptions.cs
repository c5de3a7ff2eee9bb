using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>The choices of a DDIM or DDPM plan; the defaults are the DDIM paper's.</summary>
public sealed record DdimOptions : SolverOptions
{
    /// <summary>η: 0 is DDIM; 1, <see cref="Eta.Hat"/> and <see cref="Eta.Learned"/> are DDPM.</summary>
    public Eta Eta { get; init; }

    /// <summary>The level after the last timestep, where a plan is made of timesteps.</summary>
    public FinalAlphaBar FinalAlphaBar { get; init; }
}
