using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Reads images that are named one by one, or by the data set they lie in, as a network takes them.</summary>
public static class ImageList
{
    /// <summary>True for the path of one image file, false for whatever holds several.</summary>
    /// <param name="path">The path.</param>
    public static bool IsImage(string path) => FileNames.IsImage(path) && File.Exists(path);

    /// <summary>Reads, resizes (short side, antialiased) and centre-crops images; of a file that was enlarged (<see cref="Enlargement"/>) the pixels as they were.</summary>
    /// <param name="paths">Image files, and whatever <see cref="DataSets.Open"/> opens; in this order.</param>
    /// <param name="shape">1, 3 or 4 channels, any size.</param>
    /// <param name="count">The first so many; null takes all.</param>
    /// <param name="column">The column of parquet sets; null chooses (<see cref="DataOptions.Column"/>).</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>[N, C, H, W], -1…1.</returns>
    /// <exception cref="DiffusionException">A path cannot be read or an image is damaged, or there are fewer than <paramref name="count"/>.</exception>
    public static double[] Read(IReadOnlyList<string> paths, ImageShape shape, int? count = null, string? column = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (count < 1)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{count} images were asked for; read at least 1");
        }

        if (column is not null && paths.All(IsImage))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{string.Join(", ", paths)}: the column '{column}' was asked for, and only parquet has columns; these are images");
        }

        var options = new DataOptions { Channels = shape.Channels, Height = shape.Height, Width = shape.Width, MaxBadFraction = 0, Column = column };
        options.Validate();
        var values = new List<double>();
        var pixels = new byte[shape.Elements];
        var unit = new float[shape.Elements];
        var left = count ?? int.MaxValue;
        foreach (var path in paths.TakeWhile(_ => left > 0))
        {
            if (IsImage(path))
            {
                Decode(path, options, shape, pixels);
                Add();
                continue;
            }

            using var source = DataSets.Open(path, options, cancellationToken: cancellationToken);
            for (var i = 0L; left > 0 && i < source.ImagesPerEpoch; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                source.ReadStored(i, pixels);
                Add();
            }
        }

        return count is null || left == 0 ? [.. values] : throw new DiffusionException(
            ErrorKind.Data,
            $"{string.Join(", ", paths)}: {count - left} images found, {count} were asked for; give more, or ask for fewer");

        void Add()
        {
            left--;
            PixelTransform.ToUnit(pixels, unit);
            foreach (var value in unit)
            {
                values.Add(value);
            }
        }
    }

    // One pixel of each k × k.
    private static DecodedImage Reduced(DecodedImage image, int factor)
    {
        var (height, width) = (image.Height / factor, image.Width / factor);
        return factor == 1 || height * factor != image.Height || width * factor != image.Width ? image : image.Moved(height, width, (pixels, channels) =>
        {
            var kept = new byte[height * width * channels];
            for (var i = 0; i < kept.Length; i++)
            {
                var (y, x, c) = (i / (width * channels), i / channels % width, i % channels);
                kept[i] = pixels[(((y * factor * image.Width) + (x * factor)) * channels) + c];
            }

            return kept;
        });
    }

    private static void Decode(string path, DataOptions options, ImageShape shape, byte[] pixels)
    {
        try
        {
            ImageFit.Fit(Reduced(ImageDecoder.Decode(RawImage.FromFile(path, path).Bytes(), options.Behind, options.MaxPixels), Enlargement.Read(path)), shape, pixels);
        }
        catch (BadImageException e)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: {e.Message}", e);
        }
    }
}
