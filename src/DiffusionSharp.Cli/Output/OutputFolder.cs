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

    /// <summary>Names the files of a folder that was new.</summary>
    /// <param name="host">Is told.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="aside">Among the messages: the results themselves are a table for a program.</param>
    public static void TellFiles(CliHost host, string folder, bool aside) => (aside ? host.Error : host.Out).WriteLine(
        $"written: {string.Join(", ", Directory.GetFiles(folder).Select(f => Human.Plain(Path.Join(folder, Path.GetFileName(f)))).Order(StringComparer.Ordinal))}");

    /// <summary>Writes a table as table.csv and table.json.</summary>
    public static void WriteTable(string folder, string csv, JsonNode json)
    {
        AtomicFile.WriteAllText(Path.Combine(folder, "table.csv"), csv);
        AtomicFile.WriteAllText(Path.Combine(folder, "table.json"), JsonOption.Text(json) + "\n");
    }
}
