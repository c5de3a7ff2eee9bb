namespace DiffusionSharp.Imaging.Shapes;

/// <summary>A picture as the checker sees it: levels 0…1, box-averaged by a whole factor to a side of 32 to 63 pixels.</summary>
internal static class ShapePicture
{
    private const int WorkingSize = 32;

    /// <summary>Reduces a picture.</summary>
    /// <param name="level">[3, size, size], 0…1.</param>
    /// <param name="size">Side in pixels; what does not fill a whole block at the right and the bottom is left out.</param>
    /// <returns>[3, n, n] and n.</returns>
    public static (float[] Picture, int Size) Reduce(ReadOnlySpan<float> level, int size)
    {
        var factor = Math.Max(1, size / WorkingSize);
        var n = size / factor;
        var result = new float[3 * n * n];
        for (var i = 0; i < result.Length; i++)
        {
            int channel = i / (n * n), y = i / n % n * factor, x = i % n * factor;
            var sum = 0f;
            for (var row = 0; row < factor; row++)
            {
                var at = (((channel * size) + y + row) * size) + x;
                for (var column = 0; column < factor; column++)
                {
                    sum += level[at + column];
                }
            }

            result[i] = sum / (factor * factor);
        }

        return (result, n);
    }

    /// <summary>How far each pixel is from the background towards the object, from a plane through the frame's border.</summary>
    /// <param name="picture">[3, size, size].</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="alpha">Receives [size, size], about 0 on the background and 1 on the object.</param>
    /// <returns>Root mean square deviation of the border from its plane.</returns>
    public static double Segment(ReadOnlySpan<float> picture, int size, Span<float> alpha)
    {
        var plane = size * size;
        var border = new float[plane];
        for (var i = 0; i < plane; i++)
        {
            int x = i % size, y = i / size;
            border[i] = x == 0 || y == 0 || x == size - 1 || y == size - 1 ? 0 : 1;
        }

        // With the border as "background" and the rest as "object" the least squares of ShapeColours fits the border alone.
        var colours = ShapeColours.Fit(picture, border, size);
        var difference = new float[3 * plane];
        var lengths = new float[plane];
        double sum = 0;
        var count = 0;
        for (var i = 0; i < plane; i++)
        {
            double u = (((i % size) + 0.5) / size) - 0.5, v = (((i / size) + 0.5) / size) - 0.5, square = 0;
            for (var c = 0; c < 3; c++)
            {
                var d = picture[i + (c * plane)] - colours.Ground(c, u, v);
                difference[i + (c * plane)] = (float)d;
                square += d * d;
            }

            lengths[i] = (float)Math.Sqrt(square);
            if (border[i] == 0)
            {
                sum += square / 3;
                count++;
            }
        }

        var sorted = (float[])lengths.Clone();
        Array.Sort(sorted);
        var strong = 0.6 * sorted[(int)(0.95 * (plane - 1))];
        Span<double> toward = stackalloc double[3];
        toward.Clear();
        var inside = 1e-9;
        for (var i = 0; i < plane; i++)
        {
            if (lengths[i] > strong)
            {
                inside++;
                for (var c = 0; c < 3; c++)
                {
                    toward[c] += difference[i + (c * plane)];
                }
            }
        }

        double norm = 1e-9;
        for (var c = 0; c < 3; c++)
        {
            toward[c] /= inside;
            norm += toward[c] * toward[c];
        }

        for (var i = 0; i < plane; i++)
        {
            var dot = (difference[i] * toward[0]) + (difference[i + plane] * toward[1]) + (difference[i + plane + plane] * toward[2]);
            alpha[i] = (float)Math.Clamp(dot / norm, -0.25, 1.25);
        }

        return Math.Sqrt(sum / count);
    }
}
