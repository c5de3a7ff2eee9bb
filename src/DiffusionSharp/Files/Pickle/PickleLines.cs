using System.Globalization;
using System.Text;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>The text forms of protocol 0: Python's string literals on a line.</summary>
internal static class PickleLines
{
    public static string Ascii(string path, ReadOnlySpan<byte> line) =>
        System.Text.Ascii.IsValid(line) ? Encoding.ASCII.GetString(line) : throw Bad(path);

    /// <summary>STRING: quoted, with escapes.</summary>
    public static byte[] String(string path, ReadOnlySpan<byte> line)
    {
        if (line.Length < 2 || line[0] != line[^1] || line[0] is not ((byte)'\'' or (byte)'"'))
        {
            throw Bad(path);
        }

        line = line[1..^1];
        var bytes = new byte[line.Length];
        var length = 0;
        for (var i = 0; i < line.Length; i++)
        {
            var b = line[i];
            if (b == (byte)'\\')
            {
                i++;
                b = i < line.Length ? line[i] : throw Bad(path);
                switch ((char)b)
                {
                    case '\\' or '\'' or '"': break;
                    case 'n': b = (byte)'\n'; break;
                    case 'r': b = (byte)'\r'; break;
                    case 't': b = (byte)'\t'; break;
                    case 'x': b = (byte)Hex(path, line, i + 1, 2); i += 2; break;
                    default: throw Bad(path);
                }
            }

            bytes[length++] = b;
        }

        return bytes[..length];
    }

    /// <summary>UNICODE: Latin-1 with \u and \U escapes.</summary>
    public static string Unicode(string path, ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != (byte)'\\' || i + 1 >= line.Length || (line[i + 1] is not ((byte)'u' or (byte)'U')))
            {
                text.Append((char)line[i]);
                continue;
            }

            var digits = line[i + 1] == (byte)'u' ? 4 : 8;
            text.Append(Rune.TryCreate(Hex(path, line, i + 2, digits), out var rune) ? rune.ToString() : throw Bad(path));
            i += 1 + digits;
        }

        return text.ToString();
    }

    private static int Hex(string path, ReadOnlySpan<byte> line, int at, int digits) =>
        at + digits <= line.Length && int.TryParse(line.Slice(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : throw Bad(path);

    private static DiffusionException Bad(string path) => ModelFileError.Malformed(path, "a string or number in its pickle is not written as Python writes it");
}
