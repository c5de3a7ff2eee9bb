namespace DiffusionSharp.Imaging.Decoding;

/// <summary>What kind of picture a file is by its first bytes, so that nothing else is unpacked or read of what is none.</summary>
internal static class ImageSignature
{
    /// <summary>Bytes that are looked at.</summary>
    public const int Length = 16;

    private static readonly string[] Readable = ["PNG", "JPEG", "WebP", "GIF", "BMP"];

    /// <summary>The kind of a picture, readable here or not; null for what is none.</summary>
    /// <param name="head">The first <see cref="Length"/> bytes, or all there are.</param>
    public static string? Detect(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "PNG",
        [0xFF, 0xD8, 0xFF, ..] => "JPEG",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "WebP",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "GIF",
        [(byte)'B', (byte)'M', ..] => "BMP",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "TIFF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', ..] => "AVIF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h', (byte)'e', ..] => "HEIC",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'m', (byte)'i' or (byte)'s', (byte)'f', (byte)'1', ..] => "HEIC",
        [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] => "JPEG XL",
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] => "JPEG 2000",
        [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => "Netpbm",
        _ => null,
    };

    /// <summary>Refuses what is no picture that can be read.</summary>
    /// <exception cref="BadImageException">The message says what it is.</exception>
    public static void Check(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            throw new BadImageException("the file is empty (zero bytes)");
        }

        var kind = Detect(head) ?? throw new BadImageException("not an image of a known kind (PNG, JPEG, WebP, GIF, BMP expected)");
        if (!Readable.Contains(kind))
        {
            throw new BadImageException($"the format is {kind}; PNG, JPEG, WebP, GIF or BMP expected");
        }
    }
}
