using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DiffusionSharp.Imaging.Files;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests;

/// <summary>Image files made by hand, byte by byte where Skia cannot write them.</summary>
internal static class Fixtures
{
    /// <summary>Encodes with Skia; <paramref name="color"/> gives each pixel.</summary>
    public static byte[] Encode(int width, int height, Func<int, int, SKColor> color, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var i = 0; i < width * height; i++)
        {
            bitmap.SetPixel(i % width, i / width, color(i % width, i / width));
        }

        using var pixmap = bitmap.PeekPixels();
        using var data = format == SKEncodedImageFormat.Webp
            ? pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))
            : pixmap.Encode(format, 100);
        return data!.ToArray();
    }

    public static byte[] Flat(int width, int height, SKColor color, SKEncodedImageFormat format = SKEncodedImageFormat.Png) =>
        Encode(width, height, (_, _) => color, format);

    /// <summary>A PNG of raw scan lines (without filter bytes) and optional chunks before the data.</summary>
    public static byte[] Png(int width, int height, byte bitDepth, byte colorType, byte[][] rows, params (string Type, byte[] Data)[] chunks)
    {
        using var file = new MemoryStream();
        file.Write(PngChunks.Signature);
        PngChunks.Write(file, "IHDR", [.. BigEndian(width), .. BigEndian(height), bitDepth, colorType, 0, 0, 0]);
        foreach (var (type, data) in chunks)
        {
            PngChunks.Write(file, type, data);
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true))
        {
            foreach (var row in rows)
            {
                zlib.WriteByte(0);
                zlib.Write(row);
            }
        }

        PngChunks.Write(file, "IDAT", packed.ToArray());
        PngChunks.Write(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>An 8×8 baseline JPEG of one colour with four components (Adobe marker, no transform: inks stored inverted).</summary>
    public static byte[] CmykJpeg(byte c, byte m, byte y, byte k)
    {
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8]);
        Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        Segment(0xDB, [0, .. Enumerable.Repeat((byte)8, 64)]);
        Segment(0xC0, [8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
        // DC: the sizes 0…11, all with 4-bit codes. AC: only "end of block", the 1-bit code 0.
        Segment(0xC4, [0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        Segment(0xC4, [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Segment(0xDA, [4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        var bits = new StringBuilder();
        foreach (var level in (int[])[c - 128, m - 128, y - 128, k - 128])
        {
            // A flat block's DC is 8·level; the quantiser is 8.
            var size = level == 0 ? 0 : 32 - int.LeadingZeroCount(Math.Abs(level));
            var value = level < 0 ? level + (1 << size) - 1 : level;
            bits.Append(Convert.ToString(size, 2).PadLeft(4, '0')).Append(size == 0 ? string.Empty : Convert.ToString(value, 2).PadLeft(size, '0')).Append('0');
        }

        foreach (var octet in bits.ToString().Chunk(8))
        {
            var b = Convert.ToByte(new string(octet).PadRight(8, '1'), 2);
            file.WriteByte(b);
            if (b == 0xFF)
            {
                file.WriteByte(0);
            }
        }

        file.Write([0xFF, 0xD9]);
        return file.ToArray();

        void Segment(byte marker, byte[] data)
        {
            file.Write([0xFF, marker, (byte)((data.Length + 2) >> 8), (byte)(data.Length + 2)]);
            file.Write(data);
        }
    }

    /// <summary>A JPEG with an EXIF segment that holds only the orientation.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif = [.. "Exif\0\0"u8, .. Exif(orientation)];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    /// <summary>EXIF's TIFF with nothing but an orientation.</summary>
    public static byte[] Exif(byte orientation, bool bigEndian = false) => bigEndian
        ? [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
        : [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>A PNG with a chunk eXIf behind its header.</summary>
    public static byte[] WithExif(byte[] png, byte[] exif)
    {
        const int header = 33;
        using var file = new MemoryStream();
        file.Write(png.AsSpan(0, header));
        PngChunks.Write(file, "eXIf", exif);
        file.Write(png.AsSpan(header));
        return file.ToArray();
    }

    /// <summary>A 24-bit BMP of one colour.</summary>
    public static byte[] Bmp(int width, int height, SKColor color)
    {
        var stride = ((3 * width) + 3) / 4 * 4;
        var file = new byte[54 + (stride * height)];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        file[26] = 1;
        file[28] = 24;
        for (var i = 0; i < width * height; i++)
        {
            var at = 54 + (i / width * stride) + (3 * (i % width));
            (file[at], file[at + 1], file[at + 2]) = (color.Blue, color.Green, color.Red);
        }

        return file;
    }

    /// <summary>An animated 4×4 GIF, one colour per frame.</summary>
    public static byte[] Gif(params SKColor[] frames)
    {
        using var file = new MemoryStream();
        file.Write("GIF89a"u8);
        file.Write([4, 0, 4, 0, 0xF6, 0, 0]);
        for (var i = 0; i < 128; i++)
        {
            var color = i < frames.Length ? frames[i] : SKColors.Black;
            file.Write([color.Red, color.Green, color.Blue]);
        }

        for (var f = 0; f < frames.Length; f++)
        {
            file.Write([0x21, 0xF9, 4, 0, 10, 0, 0, 0]);
            file.Write([0x2C, 0, 0, 0, 0, 4, 0, 4, 0, 0, 7]);
            // Codes of 8 bits; "clear" (128) before every pixel keeps them so. 129 ends.
            byte[] codes = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? (byte)128 : (byte)f), 129];
            file.WriteByte((byte)codes.Length);
            file.Write(codes);
            file.WriteByte(0);
        }

        file.WriteByte(0x3B);
        return file.ToArray();
    }

    public static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
