using System.Globalization;

namespace DiffusionSharp.Imaging.Files;

/// <summary>A picture that was enlarged to be looked at, each pixel k × k pixels, says so in its file: who reads it takes the pixels as they were.</summary>
public static class Enlargement
{
    /// <summary>The key of the PNG's text that holds k.</summary>
    public const string Key = "ddim-scale";

    /// <summary>The largest k.</summary>
    public const int Most = 64;

    /// <summary>Enlarges a picture.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="pixels">[C, H, W], 0…255.</param>
    /// <param name="factor">k, at least 1.</param>
    /// <returns>The shape and pixels of the large one.</returns>
    /// <exception cref="DiffusionException">More pixels than an array can hold.</exception>
    public static (ImageShape Shape, byte[] Pixels) Make(ImageShape shape, ReadOnlySpan<byte> pixels, int factor) =>
        ImageGrid.Make(shape, pixels, columns: 1, factor, padding: 0);

    /// <summary>k of a file; 1 where it does not say that it was enlarged.</summary>
    /// <param name="path">Any file.</param>
    public static int Read(string path)
    {
        try
        {
            var said = PngFile.Read(path).Text.GetValueOrDefault(Key);
            return int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var factor) && factor is >= 1 and <= Most ? factor : 1;
        }
        catch (DiffusionException)
        {
            return 1;
        }
    }
}
