using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>What every solver is told of the network.</summary>
public record SolverOptions
{
    /// <summary>What the network returns.</summary>
    public PredictionType PredictionType { get; init; }

    /// <summary>What is done to x0.</summary>
    public X0Treatment X0Treatment { get; init; } = X0Treatment.None;
}
