namespace DiffusionSharp.Data;

/// <summary>
/// Images under affine maps, as StyleGAN2-ADA and EDM resample them: reflected at the borders without repeating them, upsampled by the wavelet sym6, sampled
/// bilinearly at twice the result's resolution, and halved by the same wavelet. Since it is orthonormal, shifts by whole pixels are exact.
/// </summary>
internal sealed class ImageWarp
{
    // sym6's low-pass filter (Daubechies 1992).
    private static readonly double[] Filter =
    [
        0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466, 0.787641141030194,
        0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
    ];

    private const int Before = 5;
    private const int After = 6;

    // Where the filter's middle lies, Σ k·h_k/Σ h_k, after the fifth tap. The reference takes ½, and so moves what it turns by up to 0.4 pixels.
    private static readonly double Middle = (Filter.Index().Sum(f => f.Index * f.Item) / Filter.Sum()) - Before;

    // Beyond, places are held at the edge; no transformation that is likely comes near.
    private const int MostSides = 8;

    private readonly ImageShape shape;
    private readonly int columns;
    private readonly int rows;
    private readonly double[] warped;

    public ImageWarp(ImageShape shape)
    {
        this.shape = shape;
        (columns, rows) = ((2 * shape.Width) - 1 + Before + After, (2 * shape.Height) - 1 + Before + After);
        warped = new double[rows * columns];
    }

    /// <summary>Resamples an image.</summary>
    /// <param name="map">From places of the result to places of the image, in pixels from the middle.</param>
    /// <param name="x">The image, [C, H, W].</param>
    /// <param name="y">Receives the result; no part of <paramref name="x"/>.</param>
    public void Apply(AffineMap map, ReadOnlySpan<float> x, Span<float> y)
    {
        // Sample j of the upsampled image lies at pixel (j - Middle)/2.
        double centerX = (shape.Width - 1) / 2.0, centerY = (shape.Height - 1) / 2.0;
        var upsampled = AffineMap.Translation((2 * centerX) + Middle, (2 * centerY) + Middle) * AffineMap.Scale(2, 2) * map
            * AffineMap.Translation(-centerX, -centerY) * AffineMap.Scale(0.5, 0.5) * AffineMap.Translation(-Middle - Before, -Middle - Before);
        var (left, right, top, bottom) = Bounds(upsampled);
        var (width, height) = (right - left + 1, bottom - top + 1);
        double[] across = new double[shape.Height * width], source = new double[height * width];
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var pixels = x.Slice(channel * shape.Height * shape.Width, shape.Height * shape.Width);
            for (var row = 0; row < shape.Height; row++)
            {
                for (var j = 0; j < width; j++)
                {
                    across[(row * width) + j] = Upsample(left + j, shape.Width, pixels[(row * shape.Width)..], 1);
                }
            }

            for (var column = 0; column < width; column++)
            {
                for (var j = 0; j < height; j++)
                {
                    source[(j * width) + column] = Upsample(top + j, shape.Height, across.AsSpan(column), width);
                }
            }

            Sample(upsampled, source, left, top, width, height);
            Downsample(y.Slice(channel * shape.Height * shape.Width, shape.Height * shape.Width));
        }
    }

    // What of the upsampled image is read, by the corners of what is written.
    private (int Left, int Right, int Top, int Bottom) Bounds(AffineMap upsampled)
    {
        (double X, double Y)[] corners = [upsampled.Apply(0, 0), upsampled.Apply(columns - 1, 0), upsampled.Apply(0, rows - 1), upsampled.Apply(columns - 1, rows - 1)];
        var (mostX, mostY) = ((double)MostSides * shape.Width, (double)MostSides * shape.Height);
        return (
            (int)Math.Floor(Math.Clamp(corners.Min(c => c.X), -mostX, mostX)), (int)Math.Floor(Math.Clamp(corners.Max(c => c.X), -mostX, mostX)) + 1,
            (int)Math.Floor(Math.Clamp(corners.Min(c => c.Y), -mostY, mostY)), (int)Math.Floor(Math.Clamp(corners.Max(c => c.Y), -mostY, mostY)) + 1);
    }

    // Zeros between the pixels, then the filter: every second tap meets a pixel.
    private static double Upsample(int j, int side, ReadOnlySpan<float> line, int stride)
    {
        var sum = 0.0;
        for (var k = (j + Before) & 1; k < Filter.Length; k += 2)
        {
            sum += Filter[k] * line[Reflected((j + Before - k) >> 1, side) * stride];
        }

        return sum;
    }

    private static double Upsample(int j, int side, ReadOnlySpan<double> line, int stride)
    {
        var sum = 0.0;
        for (var k = (j + Before) & 1; k < Filter.Length; k += 2)
        {
            sum += Filter[k] * line[Reflected((j + Before - k) >> 1, side) * stride];
        }

        return sum;
    }

    private static int Reflected(int i, int side)
    {
        if (side == 1)
        {
            return 0;
        }

        var period = 2 * (side - 1);
        var inside = ((i % period) + period) % period;
        return inside < side ? inside : period - inside;
    }

    private void Sample(AffineMap upsampled, double[] source, int left, int top, int width, int height)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var (x, y) = upsampled.Apply(column, row);
                (x, y) = (Math.Clamp(x - left, 0, width - 1), Math.Clamp(y - top, 0, height - 1));
                int x0 = Math.Min((int)x, width - 2), y0 = Math.Min((int)y, height - 2), at = (y0 * width) + x0;
                double u = x - x0, v = y - y0;
                warped[(row * columns) + column] = ((1 - v) * (((1 - u) * source[at]) + (u * source[at + 1])))
                    + (v * (((1 - u) * source[at + width]) + (u * source[at + width + 1])));
            }
        }
    }

    private void Downsample(Span<float> y)
    {
        var across = new double[rows * shape.Width];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < shape.Width; column++)
            {
                var sum = 0.0;
                for (var k = 0; k < Filter.Length; k++)
                {
                    sum += Filter[k] * warped[(row * columns) + (2 * column) + k];
                }

                across[(row * shape.Width) + column] = sum;
            }
        }

        for (var row = 0; row < shape.Height; row++)
        {
            for (var column = 0; column < shape.Width; column++)
            {
                var sum = 0.0;
                for (var k = 0; k < Filter.Length; k++)
                {
                    sum += Filter[k] * across[(((2 * row) + k) * shape.Width) + column];
                }

                y[(row * shape.Width) + column] = (float)sum;
            }
        }
    }
}
