using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>One line of the table.</summary>
/// <param name="Part">The part it belongs to.</param>
/// <param name="What">What was measured.</param>
/// <param name="Median">Over the rounds; the only number where there are no rounds; null when it was not measured.</param>
/// <param name="Min">The least.</param>
/// <param name="Unit">s, ×, MiB, GFLOP, GFLOP/s or %.</param>
/// <param name="Note">A goal, or why it was not measured.</param>
internal sealed record Line(string Part, string What, double? Median, double? Min, string Unit, string Note = "")
{
    public static Line FromTiming(string part, Timing timing, string unit = "s", string note = "") =>
        new(part, timing.Name, timing.Median, timing.Min, unit, note);

    /// <summary>The memory of each variant that could be told.</summary>
    public static IEnumerable<Line> Memory(string part, IEnumerable<Timing> timings) =>
        timings.Where(t => t.MemoryRise is not null)
            .Select(t => new Line(part, $"memory above the weights: {t.Name}", t.MemoryRise / 1048576.0, null, "MiB"));
}
