namespace DiffusionSharp.Files.Storage;

/// <summary>Text from a stranger's file, fit for one line of a message: no control characters, not long.</summary>
internal static class Printable
{
    public static string Sanitize(string text, int max = 100)
    {
        var shown = text.Length > max ? text[..max] + "…" : text;
        return string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '?' : c));
    }
}
