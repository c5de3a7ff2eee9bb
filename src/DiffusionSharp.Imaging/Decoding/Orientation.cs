namespace DiffusionSharp.Imaging.Decoding;

/// <summary>The eight orientations of EXIF tag 0x0112.</summary>
internal static class Orientation
{
    /// <summary>Turns a picture upright.</summary>
    /// <param name="image">The picture as it is stored.</param>
    /// <param name="orientation">1…8: 1 is upright, 5 to 8 swap rows and columns.</param>
    public static DecodedImage Apply(DecodedImage image, int orientation)
    {
        if (orientation is < 2 or > 8)
        {
            return image;
        }

        var swap = orientation >= 5;
        int height = swap ? image.Width : image.Height, width = swap ? image.Height : image.Width;
        return image.Moved(height, width, (pixels, bytes) =>
        {
            var upright = new byte[pixels.Length];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    // Where the upright pixel (x, y) is stored: EXIF 2.3, "0th row / 0th column" table.
                    var (row, column) = orientation switch
                    {
                        2 => (y, width - 1 - x),
                        3 => (height - 1 - y, width - 1 - x),
                        4 => (height - 1 - y, x),
                        5 => (x, y),
                        6 => (width - 1 - x, y),
                        7 => (width - 1 - x, height - 1 - y),
                        _ => (x, height - 1 - y),
                    };
                    pixels.AsSpan(((row * image.Width) + column) * bytes, bytes).CopyTo(upright.AsSpan(((y * width) + x) * bytes));
                }
            }

            return upright;
        });
    }
}
