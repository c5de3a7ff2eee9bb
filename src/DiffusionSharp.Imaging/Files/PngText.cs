using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Imaging.Files;

/// <summary>International text chunks (iTXt, PNG specification 11.3.3.4) in an encoded PNG.</summary>
internal static class PngText
{
    /// <summary>Signature (8 bytes) and the IHDR chunk (25 bytes), always first.</summary>
    private const int HeaderLength = 33;

    private static readonly uint[] Table = MakeTable();

    /// <summary>A copy of the file with one uncompressed iTXt chunk per entry right after its header.</summary>
    public static byte[] Insert(ReadOnlySpan<byte> png, IReadOnlyDictionary<string, string> text)
    {
        using var result = new MemoryStream(png.Length + 1024);
        result.Write(png[..HeaderLength]);
        foreach (var (key, value) in text)
        {
            if (key.Length is 0 or > 79 || key.Any(c => c is < ' ' or > '~'))
            {
                throw new ArgumentException($"the text key '{key}' must be 1 to 79 printable ASCII characters", nameof(text));
            }

            // Type, keyword 0, not compressed 0 0, no language 0, no translated keyword 0, text.
            byte[] chunk = [.. "iTXt"u8, .. Encoding.ASCII.GetBytes(key), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)];
            WriteBigEndian(result, (uint)(chunk.Length - 4));
            result.Write(chunk);
            WriteBigEndian(result, Crc32(chunk));
        }

        result.Write(png[HeaderLength..]);
        return result.ToArray();
    }

    /// <summary>CRC-32 as PNG and zip use it (polynomial 0xEDB88320).</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static void WriteBigEndian(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        stream.Write(bytes);
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var n = 0u; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++)
            {
                c = (c & 1) == 1 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }

            table[n] = c;
        }

        return table;
    }
}
