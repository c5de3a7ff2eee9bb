using System.Globalization;
using System.Text;

namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>What pax records ("length key=value" lines, POSIX 1003.1) say of the member that follows them.</summary>
internal sealed class PaxRecords
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>Offsets and lengths of a sparse file as GNU tar's format 0.0 has them, each with a key of its own.</summary>
    public List<long> SparseNumbers { get; } = [];

    /// <summary>A value; null where it is not there.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);

    /// <summary>Parses records.</summary>
    /// <exception cref="InvalidDataException">They are malformed.</exception>
    public static PaxRecords Parse(ReadOnlySpan<byte> bytes)
    {
        var records = new PaxRecords();
        while (!bytes.IsEmpty && bytes[0] != 0)
        {
            var space = bytes.IndexOf((byte)' ');
            if (space < 0 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= space + 1 || length > bytes.Length)
            {
                throw Malformed();
            }

            var record = bytes[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            records.Add(Encoding.UTF8.GetString(record[..(equals > 0 ? equals : throw Malformed())]), Encoding.UTF8.GetString(record[(equals + 1)..]));
            bytes = bytes[length..];
        }

        return records;
    }

    /// <summary>A value that is a number; null where it is not there.</summary>
    /// <exception cref="InvalidDataException">It is no number.</exception>
    public long? Number(string key) => this[key] is { } text ? Number(text.AsSpan()) : null;

    /// <summary>A number as pax writes it.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static long Number(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Malformed();

    private static InvalidDataException Malformed() => new("its extended headers are malformed.");

    private void Add(string key, string value)
    {
        if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
        {
            SparseNumbers.Add(Number(value.AsSpan()));
        }
        else
        {
            values[key] = value;
        }
    }
}
