using System.Globalization;
using System.Text;
using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.Training;

/// <summary>Rows as text: for the console, and as the table of docs/benchmarks.md.</summary>
internal static class TrainingTables
{
    // What a healthy peer reaches of the peak in a forward pass (see UNetTables); small networks are no measure of health.
    private const double Expected = 0.45, Tolerance = 0.15;

    private static readonly (string Name, int Width, Func<TrainingRow, string> Text)[] Columns =
    [
        ("network", 10, r => r.Network),
        ("parameters", 10, r => Text(r.Parameters)),
        ("batch", 5, r => Text(r.Batch)),
        ("subject", 13, r => r.Subject),
        ("s/update", 8, r => Seconds(r.Seconds)),
        ("least", 7, r => Seconds(r.MinSeconds)),
        ("forward", 7, r => Seconds(r.Phases?.Forward)),
        ("backward", 8, r => Seconds(r.Phases?.Backward)),
        ("to inputs", 9, r => Seconds(r.Phases?.ToInputs)),
        ("to weights", 10, r => Seconds(r.Phases?.ToWeights)),
        ("other", 7, r => Seconds(r.Phases?.OtherBackward)),
        ("optimizer", 9, r => Seconds(r.Phases?.Optimizer)),
        ("images/s", 8, r => r.ImagesPerSecond.ToString("0.00", CultureInfo.InvariantCulture)),
        ("GFLOP/s", 7, r => Text(r.GflopsPerSecond)),
        ("of peak", 7, r => r.PartOfPeak.ToString("0%", CultureInfo.InvariantCulture)),
        ("× managed", 9, r => Times(r.TimesManaged)),
        ("of least", 8, r => Times(r.MinTimesManaged)),
        ("MiB above weights", 17, r => Mebibytes(r.Memory)),
        ("planned", 7, r => Mebibytes(r.PlannedMemory)),
    ];

    public static string Header { get; } = string.Join(' ', Columns.Select(c => c.Name.PadLeft(c.Width)));

    public static string Line(TrainingRow row) => string.Join(' ', Columns.Select(c => c.Text(row).PadLeft(c.Width))) + (row.Rounds == 1 ? "  timed once" : "");

    /// <summary>Whether the peer is worth comparing with, and where its numbers are wrong.</summary>
    public static IEnumerable<string> Health(IReadOnlyList<TrainingRow> rows)
    {
        foreach (var r in rows.Where(r => r.Subject == TrainingSubject.Eager))
        {
            var verdict = r.Network != "cifar10" ? ""
                : r.PartOfPeak < Expected * (1 - Tolerance) ? FormattableString.Invariant($"; about {Expected:0%} is expected: NOT HEALTHY, ratios to it do not count")
                : FormattableString.Invariant($"; about {Expected:0%} is expected: healthy");
            yield return FormattableString.Invariant($"{r.Subject} reaches {r.PartOfPeak:0%} of the peak ({r.Network}, batch {r.Batch}, {r.Threads} threads){verdict}");
        }

        foreach (var r in rows.Where(r => r.Disagreement is not null))
        {
            yield return $"{r.Subject}'s NUMBERS ARE WRONG HERE ({r.Network}, batch {r.Batch}), it was timed all the same: {r.Disagreement}";
        }
    }

    public static string Markdown(Machine machine, double peak, int threads, IReadOnlyList<TrainingRow> rows)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{machine}. Peak of float32: {peak / 1e9:0} GFLOP/s with {threads} {(threads == 1 ? "thread" : "threads")}.\n\n");
        foreach (var line in Health(rows))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        }

        text.Append("\n|").AppendJoin("", Columns.Select(c => $" {c.Name} |")).Append("\n|").AppendJoin("", Columns.Select(_ => "---|")).Append('\n');
        foreach (var row in rows)
        {
            text.Append('|').AppendJoin("", Columns.Select(c => $" {c.Text(row)} |")).Append('\n');
        }

        return text.ToString();
    }

    private static string Text(double number) => number.ToString("0", CultureInfo.InvariantCulture);

    private static string Seconds(double? seconds) => seconds?.ToString("0.000", CultureInfo.InvariantCulture) ?? "—";

    private static string Times(double? ratio) => ratio is { } r ? r.ToString("0.00", CultureInfo.InvariantCulture) + "×" : "—";

    private static string Mebibytes(long? bytes) => bytes is { } b ? Text(b / 1048576.0) : "—";
}
