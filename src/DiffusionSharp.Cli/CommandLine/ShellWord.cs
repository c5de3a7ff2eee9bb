namespace DiffusionSharp.Cli.CommandLine;

/// <summary>Words of a command that is printed, so that it can be copied into a shell as it stands.</summary>
internal static class ShellWord
{
    /// <summary>The word, in single quotes where a shell would take a character of it for something else.</summary>
    /// <param name="word">A path, or another word.</param>
    public static string Quote(string word) => word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:,=+@%×".Contains(c, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
