using System.Text.Json;
using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>The lines of a <c>metadata.jsonl</c>: <c>{"file_name": "a/0001.png", "label": 3}</c>; what else they say is left alone.</summary>
internal static class MetadataLines
{
    private const string FileName = "file_name";
    private const int MostOfLine = 1 << 20;
    private const int MostOfName = 4096;

    /// <summary>Reads the labels.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="folder">The folder it lies in, below the root of the data, with a slash at its end; empty for the root.</param>
    /// <param name="keep">Receives the name of each image below the root, and its label.</param>
    /// <exception cref="FormatException">A line is none; the message says which.</exception>
    public static void Read(ReadOnlyMemory<byte> bytes, string folder, Action<string, ImageLabel> keep)
    {
        var rest = bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        for (var number = 1; rest.Length > 0; number++)
        {
            var end = rest.Span.IndexOf((byte)'\n') is >= 0 and var found ? found : rest.Length;
            var line = rest[..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                continue;
            }

            try
            {
                Line(line, folder, keep);
            }
            catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
            {
                throw new FormatException(FormattableString.Invariant($"line {number}: {e.Message}"), e);
            }
        }
    }

    private static void Line(ReadOnlyMemory<byte> line, string folder, Action<string, ImageLabel> keep)
    {
        Require(line.Length <= MostOfLine, $"it has {line.Length} bytes, more than the limit of {MostOfLine}");
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Require(root.ValueKind == JsonValueKind.Object, $"{root.ValueKind} found, an object such as {{\"file_name\": \"0001.png\", \"label\": 3}} expected");
        if (!root.TryGetProperty("label", out var label))
        {
            return;
        }

        Require(
            root.TryGetProperty(FileName, out var file) && file.ValueKind == JsonValueKind.String,
            $"it has a label and no text '{FileName}', the image it is of");
        var name = file.GetString()!.Replace('\\', '/');
        Require(name.Length is > 0 and <= MostOfName, $"'{FileName}' has {name.Length} characters; 1 to {MostOfName} are expected");
        var place = name.StartsWith('/') ? "" : ArchiveLinks.Normal(folder + name);
        Require(place.Length > 0, $"'{FileName}' is {name}, which leads out of the data; a name relative to the folder of this file is expected");
        try
        {
            keep(place, ImageLabel.FromJson(label));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{name}: {e.Message}", e);
        }
    }

    private static void Require(bool right, FormattableString wrong)
    {
        if (!right)
        {
            throw new FormatException(FormattableString.Invariant(wrong));
        }
    }
}
