using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>A rectangle that is cut out of every image before it is resized.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ImageCrop(int Top, int Left, int Height, int Width)
{
    private const string CelebAName = "celeba";

    /// <summary>The DDIM paper's square of CelebA's aligned images (178×218): 128×128 around row 121, column 89 (the authors' datasets/__init__.py).</summary>
    public static ImageCrop CelebA { get; } = new(121 - 64, 89 - 64, 128, 128);

    /// <summary>A crop by its name.</summary>
    /// <param name="name"><c>celeba</c>.</param>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public static ImageCrop Parse(string name) => name == CelebAName ? CelebA : throw new FormatException($"the one crop there is, is {CelebAName}");

    /// <summary>The name that <see cref="Parse"/> reads.</summary>
    public override string ToString() => this == CelebA ? CelebAName : FormattableString.Invariant($"{Width}×{Height} at row {Top}, column {Left}");

    /// <summary>Whether images of this size hold the rectangle.</summary>
    internal bool Fits(int height, int width) => height >= Top + Height && width >= Left + Width;

    internal DecodedImage Apply(DecodedImage image)
    {
        if (!Fits(image.Height, image.Width))
        {
            throw new BadImageException(TooSmall(image.Height, image.Width));
        }

        return image.Moved(Height, Width, (pixels, bytes) =>
        {
            var cut = new byte[bytes * Height * Width];
            for (var y = 0; y < Height; y++)
            {
                pixels.AsSpan(bytes * (((Top + y) * image.Width) + Left), bytes * Width).CopyTo(cut.AsSpan(bytes * y * Width));
            }

            return cut;
        });
    }

    internal string TooSmall(int height, int width) =>
        FormattableString.Invariant($"the crop {this} needs images of at least {Left + Width}×{Top + Height}, this one is {width}×{height}");
}
