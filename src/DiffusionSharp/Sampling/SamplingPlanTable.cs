using System.Globalization;
using System.Text;

namespace DiffusionSharp.Sampling;

/// <summary>A plan as a table: one header, one row per step.</summary>
public static class SamplingPlanTable
{
    /// <summary>The column names.</summary>
    public static IReadOnlyList<string> Header { get; } =
        ["step", "t", "alphaBar_from", "alphaBar_to", "x0_from_x", "x0_from_m", "x", "m", "x0", "sigma"];

    /// <summary>The rows; a step without a network call has an empty t.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="format">A number format; "R" (default) keeps every bit.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(SamplingPlan plan, string format = "R")
    {
        ArgumentNullException.ThrowIfNull(plan);
        var rows = new List<IReadOnlyList<string>>(plan.Steps.Count);
        foreach (var s in plan.Steps)
        {
            double[] numbers = [s.AlphaBarFrom, s.AlphaBarTo, s.X0FromX, s.X0FromM, s.X, s.M, s.X0, s.Sigma];
            string[] row =
            [
                rows.Count.ToString(CultureInfo.InvariantCulture),
                s.Timestep?.ToString("R", CultureInfo.InvariantCulture) ?? string.Empty,
                .. numbers.Select(v => v.ToString(format, CultureInfo.InvariantCulture)),
            ];
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The table as comma-separated values with every bit of every number, lines ending in \n.</summary>
    /// <param name="plan">The plan.</param>
    public static string Csv(SamplingPlan plan) =>
        string.Concat(new[] { Header }.Concat(Rows(plan)).Select(row => string.Join(',', row) + "\n"));

    internal static string Text(SamplingPlan plan)
    {
        var rows = new[] { Header }.Concat(Rows(plan, "G6")).ToArray();
        var widths = Enumerable.Range(0, Header.Count).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{plan.Name}: {plan.NetworkCalls} network calls, T = {plan.T}, ");
        text.Append(CultureInfo.InvariantCulture, $"{plan.PredictionType} prediction, {plan.X0Treatment}, final alphaBar {plan.FinalAlphaBar:G6}\n");
        foreach (var row in rows)
        {
            text.AppendJoin("  ", row.Select((cell, c) => cell.PadLeft(widths[c]))).Append('\n');
        }

        foreach (var note in plan.Notes)
        {
            text.Append("note: ").Append(note).Append('\n');
        }

        return text.ToString();
    }
}
