namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// Everything that makes one picture of <c>builtin:shapes</c>: one shaded object of one hue on a smooth, nearly grey gradient.
/// Lengths are parts of the frame (1 = its side), (0, 0) is the upper left corner, y points down, colours are 0…1.
/// </summary>
public sealed record ShapeDrawing
{
    /// <summary>Which shape.</summary>
    public required ShapeKind Kind { get; init; }

    /// <summary>HSV hue of the object in degrees, [0, 360).</summary>
    public required double Hue { get; init; }

    /// <summary>HSV saturation of the object.</summary>
    public required double Saturation { get; init; }

    /// <summary>HSV value of the object at its centre.</summary>
    public required double Value { get; init; }

    /// <summary>How much brighter the side towards the light (upper left) is, as a part of <see cref="Value"/>.</summary>
    public required double Shading { get; init; }

    /// <summary>Radius of the circle the shape is inscribed in.</summary>
    public required double Radius { get; init; }

    /// <summary>Clockwise turn in radians.</summary>
    public required double Rotation { get; init; }

    /// <summary>Horizontal position of the object's centre.</summary>
    public required double CentreX { get; init; }

    /// <summary>Vertical position of the object's centre.</summary>
    public required double CentreY { get; init; }

    /// <summary>Background at the frame's centre, one level per channel (nearly grey).</summary>
    public required (double R, double G, double B) Background { get; init; }

    /// <summary>Change of the background's level from one side of the frame to the other.</summary>
    public required double Gradient { get; init; }

    /// <summary>Direction in which the background gets brighter, in radians.</summary>
    public required double GradientAngle { get; init; }

    /// <summary>Picture number <paramref name="index"/> of the endless set <paramref name="seed"/>; a pure function of both.</summary>
    public static ShapeDrawing Create(ulong seed, long index)
    {
        var random = new HashRandom(seed, (ulong)index);
        var kind = (ShapeKind)random.Next(ShapeOutline.Count);
        var dark = random.Next(2) == 0;
        var grey = dark ? random.Next(0.12, 0.35) : random.Next(0.7, 0.9);
        return new ShapeDrawing
        {
            Kind = kind,
            Hue = random.Next(0, 360),
            Saturation = random.Next(0.75, 1),
            Value = random.Next(0.7, 0.85),
            Shading = random.Next(0.08, 0.16),
            Radius = random.Next(0.26, 0.4),
            Rotation = random.Next(0, 2 * Math.PI),
            CentreX = random.Next(0.45, 0.55),
            CentreY = random.Next(0.45, 0.55),
            Background = (grey + random.Next(-0.02, 0.02), grey + random.Next(-0.02, 0.02), grey + random.Next(-0.02, 0.02)),
            Gradient = random.Next(0, 0.12),
            GradientAngle = random.Next(0, 2 * Math.PI),
        };
    }
}
