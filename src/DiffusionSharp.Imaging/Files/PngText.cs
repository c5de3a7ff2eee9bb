using System.Text;

namespace DiffusionSharp.Imaging.Files;

/// <summary>The data of international text chunks (iTXt, PNG specification 11.3.3.4), uncompressed.</summary>
internal static class PngText
{
    /// <summary>Longer texts are not read.</summary>
    public const int Longest = 1 << 20;

    /// <summary>Writes one chunk per entry.</summary>
    public static void Write(Stream png, IReadOnlyDictionary<string, string>? text)
    {
        foreach (var (key, value) in text ?? new Dictionary<string, string>())
        {
            if (key.Length is 0 or > 79 || key.Any(c => c is < ' ' or > '~'))
            {
                throw new ArgumentException($"the text key '{key}' must be 1 to 79 printable ASCII characters", nameof(text));
            }

            // Keyword 0, not compressed 0 0, no language 0, no translated keyword 0, text.
            PngChunks.Write(png, "iTXt", [.. Encoding.ASCII.GetBytes(key), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)]);
        }
    }

    /// <summary>The keyword and the text; null when the text is compressed or the data is none of iTXt.</summary>
    public static (string Key, string Text)? Read(ReadOnlySpan<byte> data)
    {
        var key = data.IndexOf((byte)0);
        if (key < 1 || data.Length < key + 5 || data[key + 1] != 0)
        {
            return null;
        }

        var rest = data[(key + 3)..];
        for (var skipped = 0; skipped < 2; skipped++)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            rest = rest[(end + 1)..];
        }

        return (Encoding.Latin1.GetString(data[..key]), Encoding.UTF8.GetString(rest));
    }
}
