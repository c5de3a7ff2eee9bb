using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Cli.Output;

/// <summary>The folder of a verb that writes several files.</summary>
internal static class OutputFolder
{
    /// <summary>Refuses the name of a file and a folder that holds something, and makes the folder, before a long run finds that it cannot be written.</summary>
    public static string Create(string path, string option = "--out")
    {
        OutputName.RequireFolder(option, path);
        AtomicFolder.RequireNew(path);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Writes a table as table.csv and table.json.</summary>
    public static void WriteTable(string folder, string csv, JsonNode json)
    {
        AtomicFile.WriteAllText(Path.Combine(folder, "table.csv"), csv);
        AtomicFile.WriteAllText(Path.Combine(folder, "table.json"), JsonOption.Text(json) + "\n");
    }
}
