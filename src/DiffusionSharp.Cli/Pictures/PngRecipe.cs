using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Cli.Pictures;

/// <summary>Reads the recipe out of a PNG that this program wrote.</summary>
internal static class PngRecipe
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>Whether the file is a complete PNG, and its recipe if it has one.</summary>
    public static (bool Complete, string? Recipe) Read(string path)
    {
        var png = File.ReadAllBytes(path).AsSpan();
        if (png.Length < 20 || !png.StartsWith(Signature) || !png[^8..^4].SequenceEqual("IEND"u8))
        {
            return (false, null);
        }

        ReadOnlySpan<byte> start = [.. Encoding.ASCII.GetBytes(Recipe.Key), 0, 0, 0, 0, 0];
        for (var at = 8; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 12)
            {
                return (false, null);
            }

            var data = png.Slice(at + 8, (int)length);
            if (png.Slice(at + 4, 4).SequenceEqual("iTXt"u8) && data.StartsWith(start))
            {
                return (true, Encoding.UTF8.GetString(data[start.Length..]));
            }

            at += 12 + (int)length;
        }

        return (true, null);
    }
}
