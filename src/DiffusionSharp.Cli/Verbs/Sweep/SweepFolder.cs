using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>The files of a sweep.</summary>
internal static class SweepFolder
{
    /// <summary>Writes them.</summary>
    public static void Write(string folder, Sweep sweep, IReadOnlyList<SweepCell> cells, PictureLook look, JsonObject table, string recipe)
    {
        SweepSheet.Write(Path.Combine(folder, "sheet.png"), sweep, cells, look, recipe);
        TimePlot.Write(Path.Combine(folder, "time.png"), [.. cells.Select(c => new TimePoint(sweep.Name(c.Eta), c.Steps, c.SecondsPerImage))]);
        OutputFolder.WriteTable(folder, SweepTable.Rows(sweep.Images).Csv(cells), table);
    }
}
