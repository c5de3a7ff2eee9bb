namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>How the likelihood by the probability flow is computed.</summary>
public sealed record FlowLikelihoodOptions
{
    /// <summary>Random vectors for the trace of each derivative (Hutchinson), at least 1: a network call with its gradient each.</summary>
    public int Probes { get; init; } = 1;

    /// <summary>The solver's tolerance, relative and absolute, for each step.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>The seed of dequantisation and probes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Images in a network call at most.</summary>
    public int BatchSize { get; init; } = 16;
}
