namespace DiffusionSharp.Sampling.Solvers;

/// <summary>The choices of a UniPC plan; the defaults are diffusers'.</summary>
public sealed record UniPcOptions : SolverOptions
{
    /// <summary>The predictor's order p in [1, 3]; the corrector's is p+1.</summary>
    public int Order { get; init; } = 2;

    /// <summary>True takes B(h) = h (the paper's B1, <c>bh1</c>), false B(h) = 1 - e^(-h) (B2, <c>bh2</c>).</summary>
    public bool B1 { get; init; }

    /// <summary>True makes polynomials of ε instead of x0 (diffusers' <c>predict_x0=False</c>).</summary>
    public bool OfEpsilon { get; init; }

    /// <summary>True lets the order fall with the steps that are left, 3, 2, 1. A step into the clean image is of order 1 in any case.</summary>
    public bool LowersFinalOrder { get; init; } = true;

    /// <summary>Steps, from 0, whose result is not corrected (<c>disable_corrector</c>); null corrects all.</summary>
    public ValueList<int>? Uncorrected { get; init; }
}
