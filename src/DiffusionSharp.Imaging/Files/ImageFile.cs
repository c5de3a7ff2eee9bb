using DiffusionSharp.Files.Storage;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Files;

/// <summary>Writes pictures as PNG: beside the target first, then renamed, so that no half-written file is ever seen.</summary>
public static class ImageFile
{
    /// <summary>Signature (8 bytes) and the IHDR chunk (25 bytes), always first.</summary>
    private const int HeaderLength = 33;

    /// <summary>Saves pixels.</summary>
    /// <param name="path">Target; its folder is created, an existing file is replaced.</param>
    /// <param name="shape">1 channel (grey), 3 (RGB) or 4 (RGBA).</param>
    /// <param name="pixels">[C, H, W], 0…255.</param>
    /// <param name="text">Keys (1 to 79 printable ASCII characters) and texts stored in the file as iTXt, such as the recipe of a sample.</param>
    /// <exception cref="DiffusionException">The file cannot be written (<see cref="ErrorKind.Storage"/>).</exception>
    public static void SavePng(string path, ImageShape shape, ReadOnlySpan<byte> pixels, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.WriteAllBytes(path, EncodePng(shape, pixels, text));
    }

    /// <summary>Saves a network's result: level = round(127.5·(x + 1)), clamped to 0…255.</summary>
    /// <param name="path">Target.</param>
    /// <param name="shape">1 channel (grey), 3 (RGB) or 4 (RGBA).</param>
    /// <param name="values">[C, H, W], -1…1.</param>
    /// <param name="text">Keys and texts stored in the file.</param>
    /// <exception cref="DiffusionException">The file cannot be written (<see cref="ErrorKind.Storage"/>).</exception>
    public static void SavePng(string path, ImageShape shape, ReadOnlySpan<float> values, IReadOnlyDictionary<string, string>? text = null)
    {
        var pixels = new byte[values.Length];
        ToBytes(values, pixels);
        SavePng(path, shape, pixels, text);
    }

    /// <summary>Levels of values: round(127.5·(x + 1)), halves away from zero, clamped to 0…255; NaN becomes 0.</summary>
    /// <param name="values">-1…1.</param>
    /// <param name="pixels">Receives as many levels.</param>
    public static void ToBytes(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(Math.Round(127.5 * (values[i] + 1.0), MidpointRounding.AwayFromZero), 0, 255);
        }
    }

    /// <summary>A PNG file in memory.</summary>
    /// <param name="shape">1 channel (grey), 3 (RGB) or 4 (RGBA).</param>
    /// <param name="pixels">[C, H, W], 0…255.</param>
    /// <param name="text">Keys (1 to 79 printable ASCII characters) and texts stored in it as iTXt.</param>
    /// <exception cref="ArgumentException">Another number of channels, or too large for a PNG.</exception>
    public static byte[] EncodePng(ImageShape shape, ReadOnlySpan<byte> pixels, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, shape.Elements);
        if (shape.Channels is not (1 or 3 or 4))
        {
            throw new ArgumentException($"a PNG has 1, 3 or 4 channels here, {shape.Channels} found", nameof(shape));
        }

        var type = shape.Channels == 1 ? SKColorType.Gray8 : SKColorType.Rgba8888;
        using var bitmap = new SKBitmap(new SKImageInfo(shape.Width, shape.Height, type, shape.Channels == 4 ? SKAlphaType.Unpremul : SKAlphaType.Opaque));
        Interleave(shape, pixels, bitmap.GetPixelSpan(), bitmap.RowBytes);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new ArgumentException($"Skia cannot encode a picture of {shape}", nameof(shape));
        using var png = new MemoryStream((int)data.Size + 1024);
        png.Write(data.AsSpan()[..HeaderLength]);
        PngText.Write(png, text);
        png.Write(data.AsSpan()[HeaderLength..]);
        return png.ToArray();
    }

    private static void Interleave(ImageShape shape, ReadOnlySpan<byte> pixels, Span<byte> target, int rowBytes)
    {
        var plane = shape.Height * shape.Width;
        for (var y = 0; y < shape.Height; y++)
        {
            var row = target[(y * rowBytes)..];
            var source = pixels[(y * shape.Width)..];
            for (var x = 0; x < shape.Width; x++)
            {
                if (shape.Channels == 1)
                {
                    row[x] = source[x];
                }
                else
                {
                    row[4 * x] = source[x];
                    row[(4 * x) + 1] = source[x + plane];
                    row[(4 * x) + 2] = source[x + plane + plane];
                    row[(4 * x) + 3] = shape.Channels == 4 ? source[x + (3 * plane)] : (byte)255;
                }
            }
        }
    }
}
