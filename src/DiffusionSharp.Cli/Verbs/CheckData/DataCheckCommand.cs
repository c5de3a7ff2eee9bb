using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Cli.Verbs.CheckData;

/// <summary><c>ddim data check</c>: reads every image of a data set and lists the bad ones.</summary>
internal static class DataCheckCommand
{
    public static string Help => $$"""
        Example:  ddim data check photos/

        Decodes every image of a data set, lists the files that cannot be used with the reason, and
        counts formats, sizes and classes, and what looks like pictures and is passed over (TIFF, AVIF,
        nested archives, no ending, …). Exit code 4 when more than --max-bad are bad. PATH is one of

        {{string.Join('\n', DataFormat.All.Select(f => $"  {f.Name,-24}  {f.Line}"))}}

          --column NAME     of parquet, where the images are [image, else img, else the first]
          --classes S       of a folder or archive: folders, the one an image lies in; top-folders, the
                            outermost; data: labels of metadata.jsonl, or a/1.cls, a/1.json of a/1.png
          --max-bad PART    bad files that are accepted, 0.001 or 0.1% [0.1%]
          --json            the findings as JSON
        """;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string>("PATH");
        var maxBad = DataSource.MaxBadOption();
        var column = DataSource.ColumnOption();
        var classes = DataSource.ClassesOption();
        var json = JsonOption.Create();
        var command = new Command("check") { path, maxBad, column, classes, json };
        command.SetAction(r =>
        {
            using var line = new ProgressLine(host);
            var options = new DataOptions { Column = r.GetValue(column), Classes = r.GetValue(classes) };
            var report = DataCheck.Run(r.GetValue(path)!, options, progress: new ReadProgress(line), cancellationToken: host.Interruption.Token);
            line.Dispose();
            JsonOption.Print(host, r.GetValue(json), () => Json(report), () => Text(report));
            var allowed = r.Or(maxBad, DataSource.DefaultMaxBad);
            return report.BadFraction <= allowed && report.Images > 0 ? 0 : throw new DiffusionException(
                ErrorKind.Data,
                FormattableString.Invariant($"{report.Path}: {report.Bad.Count} of {report.Images + report.Bad.Count} files are bad, ")
                + FormattableString.Invariant($"at most {100 * allowed:0.###} % are accepted: remove or repair them, or raise --max-bad"));
        });
        return command;
    }

    private static string Text(DataReport report)
    {
        const int mostSizes = 5;
        List<string> lines = [$"{report.Path}: {report.Kind}, {Human.Images(report.Images)}, {Human.Quantity(report.Bad.Count, "bad file")}"];
        if (report.Column is { } column)
        {
            Say("column", column.Name + (column.Others.Count == 0 ? "" : $" (--column takes another: {string.Join(", ", column.Others)})"));
        }

        Line("formats", report.Formats);
        Line("sizes", report.Sizes.Take(mostSizes));
        Line("classes", report.Classes);
        if (report.Animated > 0)
        {
            Say("frames", $"{Human.Count(report.Animated)} animated files: of each the first frame is taken");
        }

        if (report.ClassNote is { } note)
        {
            Say("note", note);
        }

        if (report.Unlabelled > 0)
        {
            Say("labels", $"none of {Human.Images(report.Unlabelled)}");
        }

        if (report.LabelProblem is { } problem)
        {
            Say("labels", $"there are some, but they make no classes: {problem}");
        }

        lines.AddRange(report.Skipped.Select(skipped => $"passed over: {Human.Plain(skipped.ToString())}"));
        lines.AddRange(report.Bad.Select(bad => $"bad: {Human.Plain(bad.ToString())}"));
        return string.Join('\n', lines);

        void Line(string name, IEnumerable<KeyValuePair<string, long>> counts)
        {
            var list = string.Join(", ", counts.Select(c => $"{c.Key}: {Human.Count(c.Value)}"));
            if (list.Length > 0)
            {
                Say(name, list);
            }
        }

        void Say(string name, string what) => lines.Add($"{name,-8} {Human.Plain(what)}");
    }

    private static JsonObject Json(DataReport report) => new()
    {
        ["path"] = report.Path,
        ["kind"] = report.Kind,
        ["images"] = report.Images,
        ["column"] = report.Column?.Name,
        ["otherColumns"] = report.Column is null ? null : JsonParts.List(report.Column.Others),
        ["formats"] = JsonParts.Map(report.Formats),
        ["sizes"] = JsonParts.Map(report.Sizes),
        ["classes"] = JsonParts.Map(report.Classes),
        ["animated"] = report.Animated,
        ["classNote"] = report.ClassNote,
        ["unlabelled"] = report.Unlabelled,
        ["labelProblem"] = report.LabelProblem,
        ["skipped"] = JsonParts.Skipped(report.Skipped),
        ["bad"] = new JsonArray([.. report.Bad.Select(b => new JsonObject { ["file"] = b.Name, ["reason"] = b.Reason })]),
    };
}
