namespace DiffusionSharp.Sampling;

/// <summary>
/// One step of a plan as plain numbers. With m what the network returned for x:
/// x0 = X0FromX·x + X0FromM·m, then the plan's treatment of x0, then x' = X·x + M·m + X0·x0 + Sigma·z.
/// </summary>
public readonly record struct SamplingStep
{
    /// <summary>The t the network is called with, or null for a step without a call (then only x and z take part).</summary>
    public double? Timestep { get; init; }

    /// <summary>ᾱ of x before the step.</summary>
    public double AlphaBarFrom { get; init; }

    /// <summary>ᾱ of x after the step.</summary>
    public double AlphaBarTo { get; init; }

    /// <summary>Weight of x in the x0 prediction.</summary>
    public double X0FromX { get; init; }

    /// <summary>Weight of m in the x0 prediction.</summary>
    public double X0FromM { get; init; }

    /// <summary>Weight of x in the next x.</summary>
    public double X { get; init; }

    /// <summary>Weight of m in the next x.</summary>
    public double M { get; init; }

    /// <summary>Weight of the treated x0 in the next x.</summary>
    public double X0 { get; init; }

    /// <summary>σ, the weight of fresh Gaussian noise z; no noise is drawn where it is 0.</summary>
    public double Sigma { get; init; }
}
