using System.Buffers.Binary;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Decoding;

/// <summary>Whether a picture is one of several frames: looked up in the file, since decoders that count frames unpack or keep all of them.</summary>
internal static class Frames
{
    /// <summary>True for an animation; false where the file says nothing, or nothing that can be understood.</summary>
    /// <param name="file">A picture that can be decoded.</param>
    /// <param name="format">Its format.</param>
    public static bool AreSeveral(byte[] file, string format) => format switch
    {
        "GIF" => Gif(file),
        "WebP" => WebP(file),
        "PNG" => Png(file),
        _ => false,
    };

    /// <summary>GIF89a: two images (0x2C) among the blocks.</summary>
    private static bool Gif(ReadOnlySpan<byte> file)
    {
        const int screen = 13, image = 10, extension = 2;
        var images = 0;
        var at = screen + (file.Length >= screen ? Colours(file[10]) : 0);
        while (at < file.Length && images < 2)
        {
            switch (file[at])
            {
                case 0x2C when at + image < file.Length:
                    images++;

                    // The image's own colours, and the size of LZW's first codes.
                    at = Blocks(file, at + image + Colours(file[at + image - 1]) + 1);
                    break;
                case 0x21:
                    at = Blocks(file, at + extension);
                    break;
                default:
                    return false;
            }
        }

        return images == 2;

        static int Colours(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

        static int Blocks(ReadOnlySpan<byte> file, int at)
        {
            while (at < file.Length && file[at] > 0)
            {
                at += file[at] + 1;
            }

            return at + 1;
        }
    }

    /// <summary>WebP (RFC 9649): two chunks ANMF.</summary>
    private static bool WebP(ReadOnlySpan<byte> file)
    {
        const int head = 12, chunk = 8;
        var frames = 0;
        for (long at = head; at + chunk <= file.Length && frames < 2;)
        {
            var here = file[(int)at..];
            frames += here.StartsWith("ANMF"u8) ? 1 : 0;
            var length = BinaryPrimitives.ReadUInt32LittleEndian(here[4..]);
            at += chunk + length + (length & 1);
        }

        return frames == 2;
    }

    /// <summary>PNG: the number in the chunk acTL.</summary>
    private static bool Png(byte[] file)
    {
        try
        {
            using var stream = new MemoryStream(file);
            var control = PngChunks.Read(stream, (type, length) => type == "acTL" && length == 8).FirstOrDefault(c => c.Type == "acTL").Data;
            return control is { Length: 8 } && BinaryPrimitives.ReadUInt32BigEndian(control) > 1;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
