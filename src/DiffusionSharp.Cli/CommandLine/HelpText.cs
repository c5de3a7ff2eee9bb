namespace DiffusionSharp.Cli.CommandLine;

/// <summary>Parts of help texts that are made of rows.</summary>
internal static class HelpText
{
    // Where an option's explanation begins, and what a screen holds.
    private const int Column = 25, Width = 98;

    /// <summary>Words with commas between them, in lines that begin where the first one does.</summary>
    /// <param name="words">The words.</param>
    /// <param name="end">What follows the last one: the default.</param>
    public static string List(IEnumerable<string> words, string end)
    {
        var (text, line) = ("", Column);
        string[] all = [.. words];
        for (var i = 0; i < all.Length; i++)
        {
            var word = i < all.Length - 1 ? $"{all[i]}, " : $"{all[i]} {end}";
            if (line + word.TrimEnd().Length > Width)
            {
                (text, line) = ($"{text.TrimEnd()}\n{new string(' ', Column)}", Column);
            }

            text += word;
            line += word.Length;
        }

        return text;
    }
}
