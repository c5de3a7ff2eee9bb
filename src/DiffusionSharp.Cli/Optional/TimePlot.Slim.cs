namespace DiffusionSharp.Cli.Optional;

/// <summary>Stands for plots in a build without them.</summary>
internal static class TimePlot
{
    /// <summary>What is not drawn.</summary>
    public static IReadOnlyList<string> Notes { get; } = ["this build draws no plots: there is no time.png, and table.csv has its numbers"];

    public static void Write(string path, IReadOnlyList<TimePoint> points)
    {
    }
}
