using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Cli.Cards;

/// <summary>The commands that made a run, one per line, in RUN/commands.txt.</summary>
internal static class CommandLog
{
    private static string File(string run) => Path.Combine(run, "commands.txt");

    public static void Append(string run, IEnumerable<string> args) =>
        AtomicFile.WriteAllText(File(run), $"{(System.IO.File.Exists(File(run)) ? RegularFile.ReadAllText(File(run)) : "")}ddim {string.Join(' ', args.Select(ShellWord.Quote))}\n");

    public static IReadOnlyList<string> Read(string run) =>
        System.IO.File.Exists(File(run)) ? [.. RegularFile.ReadAllLines(File(run)).Distinct()] : [];
}
