using System.Globalization;
using System.Text;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>A plan as a table: one header, one row per step. Columns that only some solvers use are there when the plan uses them.</summary>
public static class SamplingPlanTable
{
    private static readonly (string Name, Func<SamplingStep, double> Value)[] Always =
    [
        ("alphaBar_from", s => s.AlphaBarFrom), ("alphaBar_to", s => s.AlphaBarTo),
        ("x0_from_x", s => s.X0FromX), ("x0_from_m", s => s.X0FromM),
        ("x", s => s.X), ("m", s => s.M), ("x0", s => s.X0), ("sigma", s => s.Sigma),
    ];

    private static readonly (string Name, Func<SamplingStep, double> Value)[] WhenUsed =
    [
        ("sigma_upper", s => s.UpperSigma), ("saves", s => s.Saves ? 1 : 0), ("saved", s => s.Saved),
        ("d_from_x", s => s.KeptX), ("d_from_m", s => s.KeptM), ("d_from_x0", s => s.KeptX0),
        ("blends", s => s.Blends ? 1 : 0), ("m_from_g", s => s.MFromG), ("x0_from_g", s => s.X0FromG), ("mean_from_g", s => s.GuidesMean ? 1 : 0),
    ];

    /// <summary>The column names of a plan.</summary>
    /// <param name="plan">The plan.</param>
    public static IReadOnlyList<string> Header(SamplingPlan plan) => ["step", "t", .. Columns(plan).Select(c => c.Name)];

    /// <summary>The rows; a step without a network call has an empty t.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="format">A number format; "R" (default) keeps every bit.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(SamplingPlan plan, string format = "R")
    {
        var columns = Columns(plan);
        return [.. plan.Steps.Select((s, k) => (IReadOnlyList<string>)
        [
            k.ToString(CultureInfo.InvariantCulture),
            s.Timestep?.ToString("R", CultureInfo.InvariantCulture) ?? string.Empty,
            .. columns.Select(c => c.Value(s).ToString(format, CultureInfo.InvariantCulture)),
        ])];
    }

    /// <summary>The table as comma-separated values with every bit of every number, lines ending in \n.</summary>
    /// <param name="plan">The plan.</param>
    public static string Csv(SamplingPlan plan) =>
        string.Concat(new[] { Header(plan) }.Concat(Rows(plan)).Select(row => string.Join(',', row) + "\n"));

    internal static string Text(SamplingPlan plan)
    {
        var rows = new[] { Header(plan) }.Concat(Rows(plan, "G6")).ToArray();
        var widths = Enumerable.Range(0, rows[0].Count).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{plan.Name}: {(plan.FixedPoint is null ? "" : "at most ")}{plan.NetworkCalls} network calls, T = {plan.T}, ");
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

    private static (string Name, Func<SamplingStep, double> Value)[] Columns(SamplingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var history = Enumerable.Range(0, plan.HistoryLength)
            .Select(i => (Name: $"d{i + 1}", Value: (Func<SamplingStep, double>)(s => i < s.History?.Count ? s.History[i] : 0)));
        return [.. Always, .. WhenUsed.Concat(history).Where(c => plan.Steps.Any(s => c.Value(s) != 0))];
    }
}
