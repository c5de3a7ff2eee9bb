namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>The variance of a step back.</summary>
public enum BoundVariance
{
    /// <summary>β̃, the true posterior's at a known x0 (fixed_small).</summary>
    Small,

    /// <summary>β, that of the step forth (fixed_large).</summary>
    Large,

    /// <summary>What the network predicts between the two.</summary>
    Learned,
}
