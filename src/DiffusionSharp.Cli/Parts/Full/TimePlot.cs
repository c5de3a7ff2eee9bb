using System.Runtime.CompilerServices;
using DiffusionSharp.Cli.Sweeps;
using DiffusionSharp.Storage;
using ScottPlot;
using ScottPlot.Statistics;

namespace DiffusionSharp.Cli.Parts;

/// <summary>Time per image against S, with the line that fits best: the DDIM paper's figure 4.</summary>
internal static class TimePlot
{
    private const int Width = 900, Height = 600;

    /// <summary>What is not drawn.</summary>
    public static IReadOnlyList<string> Notes => [];

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Write(string path, Sweep sweep, IReadOnlyList<SweepCell> cells)
    {
        var plot = PlotFont.NewPlot();
        plot.Title("Time per image against the number of steps");
        plot.XLabel("S, steps");
        plot.YLabel("seconds per image");
        foreach (var eta in cells.GroupBy(c => c.Eta))
        {
            double[] x = [.. eta.Select(c => (double)c.Steps)], y = [.. eta.Select(c => c.SecondsPerImage)];
            var points = plot.Add.ScatterPoints(x, y);
            (points.MarkerSize, points.LegendText) = (8, sweep.Name(eta.Key));
        }

        if (cells.Select(c => c.Steps).Distinct().Count() > 1)
        {
            Fit(plot, cells);
        }

        plot.ShowLegend(Alignment.UpperLeft);
        plot.Axes.SetLimits(0, 1.05 * cells.Max(c => c.Steps), 0, 1.1 * cells.Max(c => c.SecondsPerImage));
        AtomicFile.WriteAllBytes(path, plot.GetImageBytes(Width, Height, ImageFormat.Png));
    }

    private static void Fit(Plot plot, IReadOnlyList<SweepCell> cells)
    {
        var fit = new LinearRegression([.. cells.Select(c => (double)c.Steps)], [.. cells.Select(c => c.SecondsPerImage)]);
        double longest = cells.Max(c => c.Steps);
        var line = plot.Add.Line(0, fit.Offset, longest, fit.GetValue(longest));
        line.LinePattern = LinePattern.DenselyDashed;
        line.Color = Colors.Gray;
        line.LegendText = FormattableString.Invariant($"{1000 * fit.Slope:G3} ms for each step, R² = {fit.Rsquared:F4}");
    }
}
