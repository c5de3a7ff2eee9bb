using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Files;

/// <summary>The chunks of a PNG file (PNG specification, section 5): length, type, data, CRC-32 of type and data.</summary>
internal static class PngChunks
{
    /// <summary>The first bytes of every PNG.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>Reads the chunks from the signature to IEND; data that is not wanted is skipped, and its CRC with it.</summary>
    /// <param name="png">A seekable stream at its beginning.</param>
    /// <param name="wanted">Whether the data of a chunk, by type and length, is read.</param>
    /// <returns>Type and data; the data is empty when it is not wanted.</returns>
    /// <exception cref="InvalidDataException">This is no PNG, or a damaged one; the message says why, without a name.</exception>
    public static IEnumerable<(string Type, byte[] Data)> Read(Stream png, Func<string, uint, bool> wanted)
    {
        var head = new byte[8];
        if (png.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8 || !Signature.SequenceEqual(head))
        {
            throw new InvalidDataException("this is not a PNG file");
        }

        for (var type = ""; type != "IEND";)
        {
            if (png.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8)
            {
                throw new InvalidDataException("the file is truncated");
            }

            var first = type.Length == 0;
            type = Encoding.Latin1.GetString(head, 4, 4);
            var length = BinaryPrimitives.ReadUInt32BigEndian(head);
            if (!type.All(char.IsAsciiLetter) || (first && (type, length) != ("IHDR", 13)))
            {
                throw new InvalidDataException("the file is damaged: a chunk of a PNG was expected");
            }

            if (length > png.Length - png.Position - 4)
            {
                throw new InvalidDataException("the file is truncated");
            }

            if (!wanted(type, length))
            {
                png.Seek(length + 4L, SeekOrigin.Current);
                yield return (type, []);
                continue;
            }

            var body = new byte[4 + length + 4];
            head.AsSpan(4).CopyTo(body);
            png.ReadExactly(body, 4, body.Length - 4);
            if (Crc32.Compute(body.AsSpan(..^4)) != BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(^4..)))
            {
                throw new InvalidDataException($"the file is damaged: the checksum of its chunk {type} is wrong");
            }

            yield return (type, body[4..^4]);
        }
    }

    /// <summary>Writes a chunk.</summary>
    /// <param name="png">Receives it.</param>
    /// <param name="type">Four ASCII letters.</param>
    /// <param name="data">The data.</param>
    public static void Write(Stream png, string type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        png.Write(BigEndian((uint)data.Length));
        png.Write(body);
        png.Write(BigEndian(Crc32.Compute(body)));
    }

    /// <summary>The four bytes of a number, as PNG has them.</summary>
    public static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
