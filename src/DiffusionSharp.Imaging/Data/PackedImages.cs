using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Images of one size that lie unencoded in a file.</summary>
/// <param name="Count">How many.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">1 for greys, 3 for RGB.</param>
/// <param name="ClassNames">Names of the classes; empty without labels.</param>
/// <param name="Images">Reads the images and their labels, in order.</param>
internal sealed record PackedImages(
    int Count, int Height, int Width, int Channels, IReadOnlyList<string> ClassNames, Func<IEnumerable<(DecodedImage Image, int Label)>> Images)
{
    private const long CertainCount = 8 << 20;

    /// <summary>Why labels that are there make no classes.</summary>
    public string? LabelProblem { get; init; }

    /// <summary>The shape these images are given: as asked for, or their own with the sides rounded up to multiples of 8.</summary>
    public ImageShape Shape(DataOptions options)
    {
        var height = options.Height ?? RoundUp(Height);
        return new ImageShape(options.Channels ?? Channels, height, options.Width ?? options.Height ?? RoundUp(Width));
    }

    /// <summary>Refuses more images than an honest file holds: packed zeros may claim to be any number, and each has a label in memory.</summary>
    /// <exception cref="DiffusionException">There are more than eight millions, and than bytes in the file (<see cref="ErrorKind.Data"/>).</exception>
    public static void CheckCount(string path, long count)
    {
        var length = RegularFile.Length(path);
        if (count > Math.Max(length, CertainCount))
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: it promises {count} images in {length} bytes; this is no honest file");
        }
    }

    /// <summary>Pads with black where a little room is to be filled (28 to 32), else resizes and crops.</summary>
    public static void Fit(DecodedImage image, ImageShape shape, Span<byte> pixels)
    {
        if (!Pads(image.Height, shape.Height) || !Pads(image.Width, shape.Width))
        {
            ImageFit.Fit(image, shape, pixels);
            return;
        }

        var inner = shape with { Height = image.Height, Width = image.Width };
        var unpadded = new byte[inner.Elements];
        ImageFit.Fit(image, inner, unpadded);
        pixels.Clear();
        int top = (shape.Height - image.Height) / 2, left = (shape.Width - image.Width) / 2;
        for (var row = 0; row < shape.Channels * image.Height; row++)
        {
            int c = row / image.Height, y = row % image.Height;
            unpadded.AsSpan(row * image.Width, image.Width).CopyTo(pixels[((((c * shape.Height) + top + y) * shape.Width) + left)..]);
        }
    }

    private static bool Pads(int from, int to) => to >= from && to <= from + (from / 4);

    private static int RoundUp(int side) => (side + 7) / 8 * 8;
}
