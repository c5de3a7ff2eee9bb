using System.Buffers.Binary;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Decoding;

/// <summary>
/// The orientation in the eXIf chunk of a PNG (PNG specification 3rd edition, 11.3.4.2): tag 0x0112 of the first directory of EXIF's TIFF.
/// Skia reads that of JPEG and WebP, and not this one.
/// </summary>
internal static class ExifOrientation
{
    private const int Upright = 1;
    private const int Tag = 0x0112;
    private const int Short = 3;
    private const int EntryBytes = 12;

    /// <summary>1…8; 1 where the file says nothing, or nothing that can be understood: damage beside the picture is no damage of it.</summary>
    /// <param name="png">The file.</param>
    public static int ReadPng(byte[] png)
    {
        try
        {
            using var stream = new MemoryStream(png);
            var chunk = PngChunks.Read(stream, (type, _) => type == "eXIf").FirstOrDefault(c => c.Type == "eXIf").Data;
            return chunk is null ? Upright : ReadTiff(chunk);
        }
        catch (InvalidDataException)
        {
            return Upright;
        }
    }

    private static int ReadTiff(ReadOnlySpan<byte> exif)
    {
        // JPEG's prefix has no place in a PNG, but some put it there.
        var tiff = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        var little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 8 || (!little && !tiff.StartsWith("MM\0*"u8)))
        {
            return Upright;
        }

        var directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return Upright;
        }

        var entries = tiff[((int)directory + 2)..];
        for (int left = Number(tiff[(int)directory..]); left > 0 && entries.Length >= EntryBytes; left--, entries = entries[EntryBytes..])
        {
            if (Number(entries) == Tag)
            {
                return Number(entries[2..]) == Short && Number(entries[8..]) is >= 1 and <= 8 and var orientation ? orientation : Upright;
            }
        }

        return Upright;

        int Number(ReadOnlySpan<byte> at) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
    }
}
