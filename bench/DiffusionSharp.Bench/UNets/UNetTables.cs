using System.Globalization;
using System.Text;
using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.UNets;

/// <summary>Rows as text: for the console, and as the tables of docs/benchmarks.md.</summary>
internal static class UNetTables
{
    // What a healthy baseline reaches of the peak at batch 8; see issue 4.
    private static readonly (string Subject, double PartOfPeak)[] Expected = [(UNetSubject.OnnxRuntime, 0.80), (UNetSubject.Eager, 0.45)];
    private const double Tolerance = 0.15;
    private const int HealthBatch = 8;

    public static string Header { get; } = $"{"network",-9} {"batch",5} {"threads",7} {"subject",-20} {"ms/image",9} {"min",9} {"GFLOP/s",8} {"of peak",8} {"× managed",9} {"memory",9} {"error",8}";

    public static string Line(UNetRow r) => FormattableString.Invariant(
        $"{r.Network,-9} {r.Batch,5} {r.Threads,7} {r.Subject,-20} {r.MsPerImage,9:0.00} {r.MinMsPerImage,9:0.00} {r.GflopsPerSecond,8:0} {r.PartOfPeak,8:0%} {Times(r.TimesManaged),9} {Memory(r.PeakMemory),9} {r.RelativeError,8:0.0e+0}{(r.Rounds == 1 ? "  timed once" : "")}");

    /// <summary>Whether the baselines are worth comparing with.</summary>
    public static IEnumerable<string> Health(IReadOnlyList<UNetRow> rows)
    {
        foreach (var (subject, expected) in Expected)
        {
            var row = rows.Where(r => r.Subject == subject && r.Batch == HealthBatch && r.Network == "cifar10").MaxBy(r => r.Threads);
            if (row is not null)
            {
                var verdict = row.PartOfPeak < expected * (1 - Tolerance) ? "NOT HEALTHY, ratios to it do not count"
                    : row.PartOfPeak > expected * (1 + Tolerance) ? "faster than the goals assume"
                    : "healthy";
                yield return FormattableString.Invariant(
                    $"{subject} reaches {row.PartOfPeak:0%} of the peak (cifar10, batch {HealthBatch}, {row.Threads} threads), about {expected:0%} is expected: {verdict}");
            }
        }
    }

    public static string Markdown(Machine machine, double[] peaks, int[] threads, IReadOnlyList<UNetRow> rows)
    {
        var peak = string.Join(", ", peaks.Zip(threads, (p, n) => FormattableString.Invariant($"{p / 1e9:0} GFLOP/s with {n} {(n == 1 ? "thread" : "threads")}")));
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{machine}. Peak of float32: {peak}.\n\n");
        foreach (var line in Health(rows))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        }

        string[] subjects = [.. rows.Select(r => r.Subject).Distinct()];
        text.Append("\nMilliseconds an image (part of the peak); in the last columns how many times as long the baseline takes.\n\n| network | batch | threads |");
        string[] baselines = [.. subjects.Where(s => s is UNetSubject.OnnxRuntime or UNetSubject.Eager)];
        text.AppendJoin("", subjects.Select(s => $" {s} |")).AppendJoin("", baselines.Select(s => $" {s} / managed |"));
        text.Append("\n|---|---|---|").AppendJoin("", Enumerable.Repeat("---|", subjects.Length + baselines.Length)).Append('\n');
        foreach (var cell in rows.GroupBy(r => (r.Network, r.Batch, r.Threads)))
        {
            UNetRow? Of(string subject) => cell.FirstOrDefault(r => r.Subject == subject);
            text.Append(CultureInfo.InvariantCulture, $"| {cell.Key.Network} | {cell.Key.Batch} | {cell.Key.Threads} |")
                .AppendJoin("", subjects.Select(s => Of(s) is { } r ? FormattableString.Invariant($" {r.MsPerImage:0.0} ({r.PartOfPeak:0%}) |") : " — |"))
                .AppendJoin("", baselines.Select(s => $" {Times(Of(s)?.TimesManaged)} |")).Append('\n');
        }

        text.Append("\nPeak resident memory of a process that opens the model and calls it twice, MiB, and the relative error against float64.\n\n| network | batch |");
        text.AppendJoin("", subjects.Select(s => $" {s} |")).Append("\n|---|---|").AppendJoin("", Enumerable.Repeat("---|", subjects.Length)).Append('\n');
        foreach (var cell in rows.Where(r => r.PeakMemory is not null).GroupBy(r => (r.Network, r.Batch)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {cell.Key.Network} | {cell.Key.Batch} |")
                .AppendJoin("", subjects.Select(s => cell.FirstOrDefault(r => r.Subject == s) is { } r ? FormattableString.Invariant($" {Memory(r.PeakMemory)}, {r.RelativeError:0.0e+0} |") : " — |")).Append('\n');
        }

        return text.ToString();
    }

    private static string Times(double? ratio) => ratio is { } r ? r.ToString("0.00", CultureInfo.InvariantCulture) + "×" : "—";

    private static string Memory(long? bytes) => bytes is { } b ? (b / 1048576.0).ToString("0", CultureInfo.InvariantCulture) : "—";
}
