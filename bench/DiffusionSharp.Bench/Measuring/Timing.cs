namespace DiffusionSharp.Bench.Measuring;

/// <summary>What was measured of one variant.</summary>
/// <param name="Name">The variant.</param>
/// <param name="Values">One number per round: seconds, unless said otherwise.</param>
/// <param name="MemoryRise">Bytes its peak resident memory rose above what was resident before; null where it cannot be told.</param>
internal sealed record Timing(string Name, IReadOnlyList<double> Values, long? MemoryRise = null)
{
    public double Median => MedianOf(Values);

    public double Min => Values.Min();

    /// <summary>The median of the rounds' own ratios: what slows the machine for a while slows both.</summary>
    public Timing Over(Timing other, string name) => new(name, [.. Values.Zip(other.Values, (a, b) => a / b)]);

    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
