namespace DiffusionSharp.Torch.Ops;

/// <summary>Adam's settings, with its authors' defaults. The learning rate comes with each step.</summary>
internal sealed record AdamOptions
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>True for AdamW (decay of the weights themselves), false for Adam (decay added to the gradient).</summary>
    public bool Decoupled { get; init; } = true;
}
