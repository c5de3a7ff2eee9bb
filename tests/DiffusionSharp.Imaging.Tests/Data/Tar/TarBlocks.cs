using System.Globalization;
using System.Text;

namespace DiffusionSharp.Imaging.Tests.Data.Tar;

/// <summary>Writes tar archives block by block, with sparse files as GNU tar stores them, or wrong in any field.</summary>
internal sealed class TarBlocks
{
    private readonly List<byte> bytes = [];

    /// <summary>A header and its data; <paramref name="change"/> may do to the header what it wants.</summary>
    public TarBlocks Add(string name, char type, byte[] data, string link = "", Action<byte[]>? change = null, byte[]? between = null)
    {
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        Octal(data.Length, 11).CopyTo(header, 124);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        change?.Invoke(header);
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header.Sum(b => b), 6).CopyTo(header, 148);
        bytes.AddRange(header);
        bytes.AddRange(between ?? []);
        bytes.AddRange(data);
        bytes.AddRange(new byte[(512 - (bytes.Count % 512)) % 512]);
        return this;
    }

    /// <summary>Records for the next member.</summary>
    public TarBlocks Pax(params (string Key, string Value)[] records) =>
        Add("PaxHeaders/x", 'x', [.. records.SelectMany(r => Encoding.UTF8.GetBytes(Record(r.Key, r.Value)))]);

    /// <summary>A sparse file in the format "gnu", "0.0", "0.1" or "1.0".</summary>
    public TarBlocks Sparse(string format, string name, byte[] content, params (int At, int Count)[] parts)
    {
        byte[] stored = [.. parts.SelectMany(p => content[p.At..(p.At + p.Count)])];
        var map = string.Join(',', parts.Select(p => $"{p.At},{p.Count}"));
        var length = $"{content.Length}";
        switch (format)
        {
            case "gnu":
                // Four parts lie in the header, 21 in each block that follows.
                var more = parts.Skip(4).Chunk(21).ToArray();
                byte[] between = [.. more.SelectMany((c, i) => (byte[])[.. Fields(c, 504), (byte)(i + 1 < more.Length ? 1 : 0), .. new byte[7]])];
                return Add(name, 'S', stored, between: between, change: header =>
                {
                    "ustar  \0"u8.CopyTo(header.AsSpan(257));
                    Fields(parts.Take(4), 96).CopyTo(header, 386);
                    header[482] = (byte)(more.Length > 0 ? 1 : 0);
                    Octal(content.Length, 11).CopyTo(header, 483);
                });
            case "0.0":
                (string, string)[] numbers = [.. parts.SelectMany(p => new[] { ("GNU.sparse.offset", $"{p.At}"), ("GNU.sparse.numbytes", $"{p.Count}") })];
                return Pax([("GNU.sparse.size", length), ("GNU.sparse.numblocks", $"{parts.Length}"), .. numbers]).Add(name, '0', stored);
            case "0.1":
                return Pax(("GNU.sparse.name", name), ("GNU.sparse.size", length), ("GNU.sparse.numblocks", $"{parts.Length}"), ("GNU.sparse.map", map)).Add("GNUSparseFile.1/x", '0', stored);
            default:
                var lines = $"{parts.Length}\n{map.Replace(',', '\n')}\n";
                byte[] padded = [.. Encoding.ASCII.GetBytes(lines), .. new byte[(512 - (lines.Length % 512)) % 512]];
                return Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", name), ("GNU.sparse.realsize", length)).Add("GNUSparseFile.1/x", '0', [.. padded, .. stored]);
        }
    }

    public byte[] ToArray() => [.. bytes, .. new byte[1024]];

    private static byte[] Octal(long value, int digits) => Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(digits, '0'));

    private static byte[] Fields(IEnumerable<(int At, int Count)> parts, int length)
    {
        byte[] fields = [.. parts.SelectMany(p => (byte[])[.. Octal(p.At, 11), 0, .. Octal(p.Count, 11), 0])];
        return [.. fields, .. new byte[length - fields.Length]];
    }

    private static string Record(string key, string value)
    {
        var length = key.Length + value.Length + 3;
        var digits = length.ToString(CultureInfo.InvariantCulture).Length;
        length += digits;
        return $"{(length.ToString(CultureInfo.InvariantCulture).Length > digits ? length + 1 : length)} {key}={value}\n";
    }
}
