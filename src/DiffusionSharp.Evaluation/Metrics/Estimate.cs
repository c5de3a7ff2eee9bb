namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>A metric of several parts of a set, which is reported as their mean.</summary>
public sealed class Estimate
{
    internal Estimate(double[] values)
    {
        Values = values;
        Mean = values.Average();
        Deviation = Math.Sqrt(values.Average(v => (v - Mean) * (v - Mean)));
    }

    /// <summary>The metric of each part.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Their mean.</summary>
    public double Mean { get; }

    /// <summary>Their standard deviation, divided by how many they are, as the field reports it.</summary>
    public double Deviation { get; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Mean} ± {Deviation}");
}
