using System.Runtime.InteropServices;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Decoding;

/// <summary>
/// Bytes of a PNG, JPEG, WebP, GIF or BMP to upright RGB: palettes, greys, 16 bits and CMYK converted, EXIF orientation
/// applied, transparency composited or kept, of several frames the first. Colour profiles are ignored, as other training tools do.
/// </summary>
internal static class ImageDecoder
{
    /// <summary>Decodes one file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="background">The colour behind transparent pixels; null keeps transparency.</param>
    /// <param name="maxPixels">Larger pictures are refused before anything of their size is allocated.</param>
    /// <exception cref="BadImageException">The file cannot be used; the message says why.</exception>
    public static DecodedImage Decode(byte[] file, Rgb? background, long maxPixels)
    {
        ImageSignature.Check(file);

        // A native stream: with a managed one, offsets of a damaged file throw inside Skia's callbacks and end the process.
        using var stream = new SKMemoryStream(file);
        using var codec = SKCodec.Create(stream, out var opened);
        if (codec is null)
        {
            throw new BadImageException(opened == SKCodecResult.IncompleteInput
                ? "the file is truncated"
                : $"the picture cannot be decoded ({opened})");
        }

        var format = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Png => "PNG",
            SKEncodedImageFormat.Jpeg => "JPEG",
            SKEncodedImageFormat.Webp => "WebP",
            SKEncodedImageFormat.Gif => "GIF",
            SKEncodedImageFormat.Bmp => "BMP",
            var other => throw new BadImageException($"the format is {other}; PNG, JPEG, WebP, GIF or BMP expected"),
        };
        int width = codec.Info.Width, height = codec.Info.Height;
        var limit = Math.Min(maxPixels, int.MaxValue / 4);
        if ((long)width * height > limit)
        {
            throw new BadImageException(FormattableString.Invariant($"{width}×{height} pixels are more than the limit of {limit}"));
        }

        var rgba = new byte[4 * width * height];
        Read(codec, new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), rgba);
        var image = background is { } behind
            ? new DecodedImage(format, height, width, Composite(rgba, behind))
            : new DecodedImage(format, height, width, Colours(rgba)) { Alpha = Alphas(rgba) };
        var orientation = format == "PNG" ? ExifOrientation.ReadPng(file) : (int)codec.EncodedOrigin;
        return Orientation.Apply(image with { IsFirstFrame = Frames.AreSeveral(file, format) }, orientation);
    }

    /// <summary>Width times height as the file's header has it; 0 where that cannot be read.</summary>
    public static long CountPixels(byte[] file)
    {
        if (file.Length == 0)
        {
            return 0;
        }

        using var stream = new SKMemoryStream(file);
        using var codec = SKCodec.Create(stream);
        return codec is null ? 0 : (long)codec.Info.Width * codec.Info.Height;
    }

    private static void Read(SKCodec codec, SKImageInfo info, byte[] rgba)
    {
        SKCodecResult result;
        var pin = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            result = codec.GetPixels(info, pin.AddrOfPinnedObject());
        }
        finally
        {
            pin.Free();
        }

        if (result != SKCodecResult.Success)
        {
            throw new BadImageException(result == SKCodecResult.IncompleteInput
                ? "the file is truncated"
                : $"the picture cannot be decoded ({result})");
        }
    }

    private static byte[] Composite(byte[] rgba, Rgb background)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int i = 0, j = 0; i < rgba.Length; i += 4, j += 3)
        {
            int alpha = rgba[i + 3];
            rgb[j] = Over(rgba[i], background.R, alpha);
            rgb[j + 1] = Over(rgba[i + 1], background.G, alpha);
            rgb[j + 2] = Over(rgba[i + 2], background.B, alpha);
        }

        return rgb;
    }

    private static byte[] Colours(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int i = 0, j = 0; i < rgba.Length; i += 4, j += 3)
        {
            rgba.AsSpan(i, 3).CopyTo(rgb.AsSpan(j));
        }

        return rgb;
    }

    private static byte[] Alphas(byte[] rgba)
    {
        var alpha = new byte[rgba.Length / 4];
        for (var i = 0; i < alpha.Length; i++)
        {
            alpha[i] = rgba[(4 * i) + 3];
        }

        return alpha;
    }

    private static byte Over(int level, int behind, int alpha) => (byte)(((level * alpha) + (behind * (255 - alpha)) + 127) / 255);
}
