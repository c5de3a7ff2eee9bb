using System.Buffers.Binary;
using System.IO.Compression;

namespace TestKit.Files;

/// <summary>A PNG of 8 bits RGB, not interlaced, decoded without a library: its five filters are all there is to it.</summary>
public sealed class RgbPng
{
    private const int Signature = 8;
    private const int Channels = 3;

    private RgbPng(int height, int width, byte[] planes) => (Height, Width, Planes) = (height, width, planes);

    public int Height { get; }

    public int Width { get; }

    /// <summary>[3, H, W].</summary>
    public byte[] Planes { get; }

    /// <summary>Decodes a file.</summary>
    public static RgbPng Read(string path)
    {
        var file = File.ReadAllBytes(path);
        var (width, height, data) = (0, 0, new MemoryStream());
        for (var at = Signature; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            Span<byte> type = file.AsSpan(at + 4, 4), body = file.AsSpan(at + 8, length);
            if (type.SequenceEqual("IHDR"u8))
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]));
                Assert(body[8..].SequenceEqual((ReadOnlySpan<byte>)[8, 2, 0, 0, 0]));
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(body);
            }

            at += 12 + length;
        }

        data.Position = 0;
        using var rows = new ZLibStream(data, CompressionMode.Decompress);
        return new(height, width, Unfilter(rows, height, width));
    }

    private static byte[] Unfilter(Stream rows, int height, int width)
    {
        var (planes, above, row) = (new byte[Channels * height * width], new byte[Channels * width], new byte[1 + (Channels * width)]);
        for (var y = 0; y < height; y++)
        {
            rows.ReadExactly(row);
            var line = row.AsSpan(1);
            for (var i = 0; i < line.Length; i++)
            {
                int left = i < Channels ? 0 : line[i - Channels], corner = i < Channels ? 0 : above[i - Channels];
                line[i] += (byte)(row[0] switch
                {
                    1 => left,
                    2 => above[i],
                    3 => (left + above[i]) / 2,
                    4 => Paeth(left, above[i], corner),
                    _ => 0,
                });
                planes[(((i % Channels * height) + y) * width) + (i / Channels)] = line[i];
            }

            line.CopyTo(above);
        }

        return planes;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var (a, b, c) = (Math.Abs(up - corner), Math.Abs(left - corner), Math.Abs(left + up - (2 * corner)));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }

    private static void Assert(bool condition)
    {
        if (!condition)
        {
            throw new NotSupportedException("PNGs of 8 bits RGB, not interlaced, are decoded");
        }
    }
}
