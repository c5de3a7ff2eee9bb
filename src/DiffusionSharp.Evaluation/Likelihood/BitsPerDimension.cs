using DiffusionSharp.Evaluation.Metrics;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>
/// How many bits a value of an image (a channel of a pixel, 0…255) costs under a model: -log₂ p(image) / D. Fewer are better; a model that knows nothing
/// needs 8.
/// </summary>
public sealed class BitsPerDimension
{
    internal BitsPerDimension(double[] values)
    {
        Values = values;
        Mean = values.Average();
        Interval = Bootstrap.OfMean(values);
    }

    /// <summary>Of each image.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Their mean.</summary>
    public double Mean { get; }

    /// <summary>Where the mean lies, with 95 % confidence, by <see cref="Bootstrap"/> over the images.</summary>
    public Interval Interval { get; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Mean} bits/dim [{Interval.Low}, {Interval.High}]");
}
