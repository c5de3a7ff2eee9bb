using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Training;

/// <summary>What an update does with a gradient. The learning rate comes with each update.</summary>
internal sealed record AdamSettings
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
    public bool Decoupled { get; init; }

    /// <summary>The gradient's norm is scaled down to this; 0 leaves it.</summary>
    public double MaxNorm { get; init; }

    /// <summary>The averages' decays.</summary>
    public ValueList<double> Decays { get; init; } = [];

    /// <summary>Whether decays rise as (1+n)/(10+n).</summary>
    public bool WarmUp { get; init; }

    /// <summary>γ of the averages by a power function, which come after the others.</summary>
    public ValueList<double> Exponents { get; init; } = [];

    /// <summary>Number of averages.</summary>
    public int Averages => Decays.Count + Exponents.Count;

    /// <summary>A run's settings.</summary>
    public static AdamSettings FromOptions(TrainingOptions options) => new()
    {
        Beta1 = options.Beta1,
        Beta2 = options.Beta2,
        Epsilon = options.AdamEpsilon,
        WeightDecay = options.WeightDecay,
        Decoupled = options.Optimizer == OptimizerKind.AdamW,
        MaxNorm = options.GradientClip,
        Decays = options.EmaDecays,
        WarmUp = options.EmaWarmup,
        Exponents = [.. options.PosthocLengths.Select(PowerAverage.Exponent)],
    };

    /// <summary>The factor of a gradient with a norm, as torch's <c>clip_grad_norm_</c> has it.</summary>
    public double ClipFactor(double norm) => MaxNorm > 0 ? Math.Min(1, MaxNorm / (norm + 1e-6)) : 1;

    /// <summary>An average's decay in the update after so many others.</summary>
    public double Decay(int average, long updates) => average >= Decays.Count ? PowerAverage.Decay(Exponents[average - Decays.Count], updates)
        : WarmUp ? Math.Min(Decays[average], (1.0 + updates) / (10.0 + updates)) : Decays[average];
}
