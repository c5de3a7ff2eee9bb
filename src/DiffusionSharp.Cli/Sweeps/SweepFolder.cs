using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Parts;
using DiffusionSharp.Cli.Pictures;

namespace DiffusionSharp.Cli.Sweeps;

/// <summary>The files of a sweep.</summary>
internal static class SweepFolder
{
    /// <summary>Writes them.</summary>
    public static void Write(string folder, Sweep sweep, IReadOnlyList<SweepCell> cells, JsonObject table, string recipe)
    {
        SweepSheet.Write(Path.Combine(folder, "sheet.png"), sweep, cells, recipe);
        TimePlot.Write(Path.Combine(folder, "time.png"), sweep, cells);
        OutputFolder.WriteTable(folder, SweepTable.Rows(sweep.Images).Csv(cells), table);
    }
}
