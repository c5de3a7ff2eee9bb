using DiffusionSharp.Schedules;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>How the bound is computed.</summary>
public sealed record VariationalBoundOptions
{
    /// <summary>The chain's timesteps; null for all T. Fewer make another, coarser model, whose bound is as a rule looser.</summary>
    public Timesteps? Timesteps { get; init; }

    /// <summary>Which variance the steps back have; null for the model's own.</summary>
    public BoundVariance? Variance { get; init; }

    /// <summary>Whether predicted x0 is clipped to [-1, 1], as the reference does.</summary>
    public bool Clip { get; init; } = true;

    /// <summary>The seed of the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Images in a network call at most.</summary>
    public int BatchSize { get; init; } = 16;
}
