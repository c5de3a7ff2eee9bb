using System.Buffers.Binary;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Files;

/// <summary>
/// Writes an animated PNG (APNG, PNG specification 3rd edition, section 4.9), which browsers play. Programs that do not know
/// animations show its first frame.
/// </summary>
public static class AnimatedPng
{
    /// <summary>Saves frames that are shown in a circle, each whole in place of the one before.</summary>
    /// <param name="path">Target; written beside and renamed.</param>
    /// <param name="shape">1 channel (grey), 3 (RGB) or 4 (RGBA).</param>
    /// <param name="frames">[C, H, W] each, 0…255; at least one.</param>
    /// <param name="milliseconds">How long a frame is shown, 0…65535.</param>
    /// <param name="lastMilliseconds">How long the last one is.</param>
    /// <param name="text">Keys and texts stored in the file.</param>
    /// <exception cref="DiffusionException">The file cannot be written (<see cref="ErrorKind.Storage"/>).</exception>
    public static void Save(
        string path,
        ImageShape shape,
        IReadOnlyList<byte[]> frames,
        int milliseconds,
        int lastMilliseconds,
        IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count, nameof(frames));
        AtomicFile.Write(path, file =>
        {
            var sequence = 0u;
            for (var n = 0; n < frames.Count; n++)
            {
                var delay = n == frames.Count - 1 ? lastMilliseconds : milliseconds;
                using var png = new MemoryStream(ImageFile.EncodePng(shape, frames[n]));
                foreach (var (type, data) in PngChunks.Read(png, (_, _) => true))
                {
                    if (type == "IHDR")
                    {
                        if (n == 0)
                        {
                            file.Write(PngChunks.Signature);
                            PngChunks.Write(file, "IHDR", data);
                            PngChunks.Write(file, "acTL", [.. PngChunks.BigEndian((uint)frames.Count), 0, 0, 0, 0]);
                            PngText.Write(file, text);
                        }

                        PngChunks.Write(file, "fcTL", FrameControl(sequence++, shape, checked((ushort)delay)));
                    }
                    else if (type == "IDAT" && n == 0)
                    {
                        PngChunks.Write(file, "IDAT", data);
                    }
                    else if (type == "IDAT")
                    {
                        PngChunks.Write(file, "fdAT", [.. PngChunks.BigEndian(sequence++), .. data]);
                    }
                }
            }

            PngChunks.Write(file, "IEND", []);
        });
    }

    /// <summary>The whole picture; what was there stays until the next frame, which takes its place.</summary>
    private static byte[] FrameControl(uint sequence, ImageShape shape, ushort milliseconds)
    {
        var data = new byte[26];
        BinaryPrimitives.WriteUInt32BigEndian(data, sequence);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), shape.Width);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(8), shape.Height);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(20), milliseconds);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(22), 1000);
        return data;
    }
}
