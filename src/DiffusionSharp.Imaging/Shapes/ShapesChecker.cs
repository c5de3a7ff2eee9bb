namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// Says whether a picture is a clean drawing of <c>builtin:shapes</c>, and of which shape and hue. Geometry only: it segments
/// the object against the plane through the frame's border, fits every shape's mask and all colours by least squares, and
/// accepts what the best fit explains.
/// </summary>
public static class ShapesChecker
{
    /// <summary>Checks a picture of levels.</summary>
    /// <param name="pixels">[3, size, size], 0…255.</param>
    /// <param name="size">Side in pixels, 16…256.</param>
    public static ShapeVerdict Check(ReadOnlySpan<byte> pixels, int size)
    {
        var levels = new float[pixels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = pixels[i] / 255f;
        }

        return CheckLevels(levels, size);
    }

    /// <summary>Checks a network's result.</summary>
    /// <param name="values">[3, size, size], -1…1; what lies beyond is clamped.</param>
    /// <param name="size">Side in pixels, 16…256.</param>
    public static ShapeVerdict Check(ReadOnlySpan<float> values, int size)
    {
        var levels = new float[values.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = float.IsNaN(values[i]) ? 0 : Math.Clamp((values[i] + 1) / 2, 0, 1);
        }

        return CheckLevels(levels, size);
    }

    private static ShapeVerdict CheckLevels(ReadOnlySpan<float> levels, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, ShapeRasterizer.MinSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, ShapeRasterizer.MaxSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(levels.Length, 3 * size * size);

        var (picture, n) = ShapePicture.Reduce(levels, size);
        var first = new float[n * n];
        var border = ShapePicture.Segment(picture, n, first);
        if (border > ShapeJudge.MaxBorder)
        {
            return new ShapeVerdict(false, default, 0, 0, border, "the background is not smooth");
        }

        return ShapeJudge.Judge(ShapeMatch.Best(picture, n, first), n);
    }
}
