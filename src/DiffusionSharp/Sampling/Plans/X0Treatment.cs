namespace DiffusionSharp.Sampling.Plans;

/// <summary>What is done to the prediction of x0 before the step uses it, and which ε the step then follows.</summary>
public sealed record X0Treatment
{
    private X0Treatment(X0TreatmentKind kind) => Kind = kind;

    /// <summary>x0 as predicted; ε is the network's.</summary>
    public static X0Treatment None { get; } = new(X0TreatmentKind.None);

    /// <summary>Which of the three.</summary>
    public X0TreatmentKind Kind { get; }

    /// <summary>The clip range; 0 unless clipped.</summary>
    public double Range { get; private init; }

    /// <summary>The quantile of |x0|; 0 unless thresholded.</summary>
    public double Quantile { get; private init; }

    /// <summary>The largest threshold; 0 unless thresholded.</summary>
    public double Max { get; private init; }

    /// <summary>
    /// False (default): ε is derived anew from the treated x0, ε = (x-√ᾱ·x0)/√(1-ᾱ). True: the network's ε is kept,
    /// as diffusers' DDIM does by default.
    /// </summary>
    public bool KeepsEpsilon { get; private init; }

    /// <summary>x0 is clipped to [-range, range].</summary>
    /// <param name="range">Above 0; images live in [-1, 1].</param>
    /// <param name="keepEpsilon">See <see cref="KeepsEpsilon"/>.</param>
    /// <exception cref="DiffusionException">The range is not above 0.</exception>
    public static X0Treatment Clip(double range = 1, bool keepEpsilon = false) => new(X0TreatmentKind.Clip)
    {
        Range = Positive(range, "clip range"),
        KeepsEpsilon = keepEpsilon,
    };

    /// <summary>x0 = clip(x0, -s, s)/s with s = the quantile of |x0| of each image, at least 1 and at most max.</summary>
    /// <param name="quantile">In [0, 1], linearly interpolated.</param>
    /// <param name="max">Above 0; a max below 1 wins over the lower bound 1.</param>
    /// <param name="keepEpsilon">See <see cref="KeepsEpsilon"/>.</param>
    /// <exception cref="DiffusionException">The quantile is outside [0, 1] or max is not above 0.</exception>
    public static X0Treatment DynamicThreshold(double quantile = 0.995, double max = 1, bool keepEpsilon = false) =>
        new(X0TreatmentKind.DynamicThreshold)
        {
            Quantile = quantile is >= 0 and <= 1 ? quantile : throw Invalid($"quantile {quantile}: it must lie in [0, 1]"),
            Max = Positive(max, "largest threshold"),
            KeepsEpsilon = keepEpsilon,
        };

    /// <summary>One line for people.</summary>
    public override string ToString() => Kind switch
    {
        X0TreatmentKind.Clip => $"clip x0 to ±{Range}{EpsilonText}",
        X0TreatmentKind.DynamicThreshold => $"threshold x0 at quantile {Quantile}, at most {Max}{EpsilonText}",
        _ => "x0 as predicted",
    };

    private string EpsilonText => KeepsEpsilon ? ", the network's epsilon kept" : ", epsilon re-derived";

    private static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw Invalid($"{name} {value}: it must be above 0");

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "x0 treatment: " + message);
}
