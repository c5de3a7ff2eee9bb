namespace DiffusionSharp.Imaging.Shapes;

/// <summary>Where a shape lies in a picture, in pixels and radians, and how wide its edge is (1 = a sharp, anti-aliased edge).</summary>
internal readonly record struct ShapePose(double CentreX, double CentreY, double Radius, double Rotation, double EdgeWidth)
{
    public const int Parameters = 5;

    /// <summary>The pose with one of its parameters changed; a radius and an edge stay above what can be drawn.</summary>
    public ShapePose Add(ReadOnlySpan<double> change) => new(
        CentreX + change[0],
        CentreY + change[1],
        Math.Max(1, Radius + change[2]),
        Rotation + change[3],
        Math.Clamp(EdgeWidth + change[4], 0.6, 20));

    /// <summary>How much of each pixel the shape covers, 0…1.</summary>
    /// <param name="kind">The shape.</param>
    /// <param name="size">Side of the picture in pixels.</param>
    /// <param name="cover">Receives [size, size].</param>
    public void Cover(ShapeKind kind, int size, Span<float> cover)
    {
        cover.Clear();
        double cos = Math.Cos(Rotation), sin = Math.Sin(Rotation), reach = Radius + EdgeWidth, steepness = 1 / EdgeWidth;
        int top = Math.Max(0, (int)(CentreY - reach)), bottom = Math.Min(size - 1, (int)(CentreY + reach));
        for (var y = top; y <= bottom; y++)
        {
            var dy = y + 0.5 - CentreY;
            var half = Math.Sqrt(Math.Max(0, (reach * reach) - (dy * dy)));
            int left = Math.Max(0, (int)(CentreX - half)), right = Math.Min(size - 1, (int)(CentreX + half));
            for (var x = left; x <= right; x++)
            {
                var dx = x + 0.5 - CentreX;
                var distance = ShapeOutline.Distance(kind, (cos * dx) + (sin * dy), (cos * dy) - (sin * dx), Radius);
                cover[(y * size) + x] = (float)Math.Clamp(0.5 - (distance * steepness), 0, 1);
            }
        }
    }
}
