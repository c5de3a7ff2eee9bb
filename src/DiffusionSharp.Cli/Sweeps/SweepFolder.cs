using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Plots;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Cli.Sweeps;

/// <summary>The files of a sweep.</summary>
internal static class SweepFolder
{
    /// <summary>Refuses the name of a file, and makes the folder, before a long sweep finds that it cannot be written.</summary>
    public static string Create(string path)
    {
        if (Path.GetExtension(path) is ".png" or ".csv" or ".json")
        {
            throw new DiffusionException(ErrorKind.Usage, $"--out {path}: a sweep makes several files; name a folder for them");
        }

        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Writes them.</summary>
    public static void Write(string folder, Sweep sweep, IReadOnlyList<SweepCell> cells, JsonObject table, string recipe)
    {
        SweepSheet.Write(Path.Combine(folder, "sheet.png"), sweep, cells, recipe);
        TimePlot.Write(Path.Combine(folder, "time.png"), sweep, cells);
        AtomicFile.WriteAllText(Path.Combine(folder, "table.csv"), SweepTable.Csv(cells, sweep.Images));
        AtomicFile.WriteAllText(Path.Combine(folder, "table.json"), JsonOption.Text(table) + "\n");
    }
}
