namespace DiffusionSharp.Imaging.Shapes;

/// <summary>Turns a <see cref="ShapeDrawing"/> into pixels: coverage from the signed distance, no other library.</summary>
internal static class ShapeRasterizer
{
    /// <summary>The smallest side a picture can have.</summary>
    public const int MinSize = 16;

    /// <summary>The largest side a picture can have.</summary>
    public const int MaxSize = 256;

    /// <summary>Draws a square RGB picture.</summary>
    /// <param name="drawing">What to draw.</param>
    /// <param name="size">Side in pixels, 16…256.</param>
    /// <param name="pixels">Receives [3, size, size], 0…255.</param>
    public static void Render(ShapeDrawing drawing, int size, Span<byte> pixels)
    {
        ArgumentNullException.ThrowIfNull(drawing);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, MinSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, 3 * size * size);

        var plane = size * size;
        double radius = drawing.Radius * size, cx = drawing.CentreX * size, cy = drawing.CentreY * size;
        double cos = Math.Cos(drawing.Rotation), sin = Math.Sin(drawing.Rotation);
        double slopeX = drawing.Gradient * Math.Cos(drawing.GradientAngle) / size, slopeY = drawing.Gradient * Math.Sin(drawing.GradientAngle) / size;
        var (br, bg, bb) = drawing.Background;
        var (r, g, b) = ShapeHue.ToRgb(drawing.Hue, drawing.Saturation, drawing.Value);
        var shade = drawing.Shading / (radius * Math.Sqrt(2));
        var half = size / 2.0;
        for (int y = 0, i = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++, i++)
            {
                double px = x + 0.5, py = y + 0.5;
                double dx = px - cx, dy = py - cy;
                var distance = ShapeOutline.Distance(drawing.Kind, (cos * dx) + (sin * dy), (cos * dy) - (sin * dx), radius);
                var cover = Math.Clamp(0.5 - distance, 0, 1);
                var ground = (slopeX * (px - half)) + (slopeY * (py - half));
                var light = cover * (1 - (shade * (dx + dy)));
                var rest = 1 - cover;
                pixels[i] = ToByte((light * r) + (rest * (br + ground)));
                pixels[i + plane] = ToByte((light * g) + (rest * (bg + ground)));
                pixels[i + plane + plane] = ToByte((light * b) + (rest * (bb + ground)));
            }
        }
    }

    private static byte ToByte(double level) => (byte)(Math.Clamp(level * 255, 0, 255) + 0.5);
}
