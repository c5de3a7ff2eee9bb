namespace DiffusionSharp.Cli.Output;

/// <summary>A part of a progress line, which is shown whole or not at all.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Importance">On a narrow terminal the least important parts are left out first.</param>
internal readonly record struct ProgressPart(string Text, int Importance)
{
    /// <summary>The bar's, which says nothing that the percentage does not.</summary>
    public const int OfBar = 4;

    private const int OfRate = 5;
    private const int OfEta = 6;

    public static ProgressPart Rate(double perSecond, string unit) => new(FormattableString.Invariant($"{perSecond:F1} {unit}"), OfRate);

    public static ProgressPart Eta(TimeSpan left) => new($"ETA {Human.Time(left)}", OfEta);

    /// <summary>The parts in their order, without the least important ones where there is no room for all.</summary>
    /// <param name="parts">All of them.</param>
    /// <param name="room">Characters.</param>
    public static string Fit(IEnumerable<ProgressPart> parts, int room)
    {
        List<ProgressPart> kept = [.. parts];
        while (kept.Count > 1 && Join().Length > room)
        {
            kept.Remove(kept.MinBy(p => p.Importance));
        }

        return Join() is var line && line.Length <= room ? line : "";

        string Join() => string.Join("  ", kept.Select(p => p.Text));
    }
}
