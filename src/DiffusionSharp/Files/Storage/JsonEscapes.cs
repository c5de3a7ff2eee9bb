using System.Globalization;
using System.Text.Unicode;

namespace DiffusionSharp.Files.Storage;

/// <summary>The inside of a JSON string as it stands in a file, whose escapes are known to be well-formed.</summary>
internal static class JsonEscapes
{
    private const int Length = 6;

    /// <summary>Whether it is text: valid UTF-8, and no half of a surrogate pair among its escapes.</summary>
    public static bool IsText(ReadOnlySpan<byte> raw)
    {
        if (!Utf8.IsValid(raw))
        {
            return false;
        }

        for (var i = raw.IndexOf((byte)'\\'); i >= 0 && i < raw.Length; i = Next(raw, i))
        {
            var code = Code(raw[i..]);
            if (code is >= 0xDC00 and <= 0xDFFF)
            {
                return false;
            }

            if (code is >= 0xD800 and <= 0xDBFF)
            {
                i += Length;
                if (i >= raw.Length || Code(raw[i..]) is not (>= 0xDC00 and <= 0xDFFF))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static int Next(ReadOnlySpan<byte> raw, int at)
    {
        at += 2;
        var more = at >= raw.Length ? -1 : raw[at..].IndexOf((byte)'\\');
        return more < 0 ? -1 : at + more;
    }

    private static int Code(ReadOnlySpan<byte> at) =>
        at.Length >= Length && at.StartsWith("\\u"u8) && int.TryParse(at[2..Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) ? code : -1;
}
