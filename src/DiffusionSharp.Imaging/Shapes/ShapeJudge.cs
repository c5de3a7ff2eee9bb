namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// The limits of a clean drawing. They leave room for what a generated picture may differ from the data (a little noise,
/// a slightly soft or bent outline) and were set from the distributions that ShapesCheckerTests measure.
/// </summary>
internal static class ShapeJudge
{
    /// <summary>Deviation of the frame's border from a plane.</summary>
    public const double MaxBorder = 0.06;

    /// <summary>Difference of the background's largest and smallest channel; drawings have at most 0.04.</summary>
    private const double MaxGroundChroma = 0.12;

    /// <summary>Backgrounds are dark (at most 0.37 at the centre) or light (at least 0.68); between these limits they are neither.</summary>
    private const double MaxDark = 0.43;

    private const double MinLight = 0.62;

    /// <summary>Difference of the object's largest and smallest channel; drawings have at least 0.52.</summary>
    private const double MinObjectChroma = 0.48;

    /// <summary>Width of the outline's ramp in 32nds of the frame; a drawing at 32×32 has 1, one blurred with sigma 1.5 has 4.</summary>
    private const double MaxEdgeWidth = 3.4;

    private const double MinRadius = 0.2;
    private const double MaxRadius = 0.46;
    private const double MaxOffset = 0.12;

    /// <summary>Limits of <see cref="ShapeMisfit"/>: noise as a level, the others as a part of the contrast of object and background.</summary>
    private const double MaxAway = 0.06;

    private const double MaxEdge = 0.36;
    private const double MaxPatches = 0.055;
    private const double MaxWorst = 0.28;

    /// <summary>The largest change of hue over the object, in degrees.</summary>
    private const double MaxHueSpread = 8;

    /// <summary>The verdict on a picture's best match.</summary>
    public static ShapeVerdict Judge(ShapeMatch match, int size)
    {
        double u = (match.Pose.CentreX / size) - 0.5, v = (match.Pose.CentreY / size) - 0.5, radius = match.Pose.Radius / size;
        var (hue, chroma) = ObjectColour(match.Colours, u, v);
        var reason = Reason(match, size, u, v, radius, hue, chroma);
        return new ShapeVerdict(reason.Length == 0, match.Kind, hue, ShapeHue.Bin(hue), match.Misfit.Total, reason);
    }

    private static string Reason(ShapeMatch match, int size, double u, double v, double radius, double hue, double chroma)
    {
        var misfit = match.Misfit;
        double contrast = Contrast(match.Colours, u, v), edge = match.Pose.EdgeWidth * 32 / size;
        if (chroma < MinObjectChroma)
        {
            return "no object of a clear hue";
        }

        if (misfit.Away > MaxAway)
        {
            return "noisy";
        }

        if (edge > MaxEdgeWidth)
        {
            return "blurred";
        }

        if (radius is < MinRadius or > MaxRadius || Math.Abs(u) > MaxOffset || Math.Abs(v) > MaxOffset)
        {
            return "no object of a fitting size in the middle";
        }

        if (misfit.Patches > MaxPatches * contrast || misfit.Worst > MaxWorst * contrast || misfit.Edge > MaxEdge * contrast)
        {
            return "not explained by one shape";
        }

        return HueSpread(match.Colours, u, v, radius, hue) > MaxHueSpread ? "more than one hue"
            : GroundChroma(match.Colours) > MaxGroundChroma ? "the background is not grey"
            : GroundLevel(match.Colours) is > MaxDark and < MinLight ? "the background is neither dark nor light"
            : string.Empty;
    }

    private static (double Hue, double Chroma) ObjectColour(ShapeColours colours, double u, double v)
    {
        double r = colours.Object(0, u, v), g = colours.Object(1, u, v), b = colours.Object(2, u, v);
        return (ShapeHue.FromRgb(r, g, b), Chroma(r, g, b));
    }

    private static double GroundChroma(ShapeColours colours) => Chroma(colours.Ground(0, 0, 0), colours.Ground(1, 0, 0), colours.Ground(2, 0, 0));

    private static double GroundLevel(ShapeColours colours) => (colours.Ground(0, 0, 0) + colours.Ground(1, 0, 0) + colours.Ground(2, 0, 0)) / 3;

    private static double Chroma(double r, double g, double b) => Math.Max(r, Math.Max(g, b)) - Math.Min(r, Math.Min(g, b));

    private static double Contrast(ShapeColours colours, double u, double v)
    {
        var sum = 0.0;
        for (var c = 0; c < 3; c++)
        {
            var d = colours.Object(c, u, v) - colours.Ground(c, u, v);
            sum += d * d;
        }

        return Math.Sqrt(sum / 3);
    }

    private static double HueSpread(ShapeColours colours, double u, double v, double radius, double hue)
    {
        var spread = 0.0;
        for (var k = 0; k < 4; k++)
        {
            double du = (k & 1) == 0 ? 0.6 * radius : -0.6 * radius, dv = (k & 2) == 0 ? 0.6 * radius : -0.6 * radius;
            spread = Math.Max(spread, ShapeHue.Distance(hue, ObjectColour(colours, u + du, v + dv).Hue));
        }

        return spread;
    }
}
