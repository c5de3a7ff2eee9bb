using System.Runtime.CompilerServices;
using DiffusionSharp.Files.Storage;
using ScottPlot;
using ScottPlot.Statistics;
using ScottPlot.TickGenerators;

namespace DiffusionSharp.Cli.Optional;

/// <summary>Time per image against S, with the line that fits best: the DDIM paper's figure 4.</summary>
internal static class TimePlot
{
    private const int Width = 900, Height = 600;

    /// <summary>What is not drawn.</summary>
    public static IReadOnlyList<string> Notes => [];

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Write(string path, IReadOnlyList<TimePoint> points) =>
        AtomicFile.WriteAllBytes(path, Draw(points).GetImageBytes(Width, Height, ImageFormat.Png));

    /// <summary>The plot, which has ticks at whole numbers of steps.</summary>
    internal static Plot Draw(IReadOnlyList<TimePoint> points)
    {
        var plot = PlotFont.NewPlot();
        plot.Title("Time per image against the number of steps");
        plot.XLabel("S, steps");
        plot.YLabel("seconds per image, median network call × calls");
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1) };
        foreach (var series in points.GroupBy(c => c.Series))
        {
            double[] x = [.. series.Select(c => (double)c.Steps)], y = [.. series.Select(c => c.SecondsPerImage)];
            var markers = plot.Add.ScatterPoints(x, y);
            (markers.MarkerSize, markers.LegendText) = (8, series.Key);
        }

        if (points.Select(c => c.Steps).Distinct().Count() > 1)
        {
            Fit(plot, points);
        }

        plot.ShowLegend(Alignment.UpperLeft);
        plot.Axes.SetLimits(0, 1.05 * points.Max(c => c.Steps), 0, 1.1 * points.Max(c => c.SecondsPerImage));
        return plot;
    }

    private static void Fit(Plot plot, IReadOnlyList<TimePoint> points)
    {
        var fit = new LinearRegression([.. points.Select(c => (double)c.Steps)], [.. points.Select(c => c.SecondsPerImage)]);
        double longest = points.Max(c => c.Steps);
        var line = plot.Add.Line(0, fit.Offset, longest, fit.GetValue(longest));
        line.LinePattern = LinePattern.DenselyDashed;
        line.Color = Colors.Gray;
        line.LegendText = FormattableString.Invariant($"{1000 * fit.Slope:G3} ms for each step, R² = {fit.Rsquared:F4}");
    }
}
