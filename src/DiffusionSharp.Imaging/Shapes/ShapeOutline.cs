namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// Signed distances to the outlines (negative inside), every shape inscribed in a circle of radius r around its centroid.
/// Formulas: Inigo Quilez, "2D distance functions" (exact distances).
/// </summary>
internal static class ShapeOutline
{
    /// <summary>Inner radius of the ring as a part of its outer radius.</summary>
    private const double RingHole = 0.55;

    /// <summary>Radius of the star's inner corners as a part of its outer radius.</summary>
    private const double StarWaist = 0.45;

    /// <summary>Half the width of the cross's arms as a part of its radius.</summary>
    private const double CrossArm = 0.3;

    private static readonly double CrossReach = Math.Sqrt(1 - (CrossArm * CrossArm));
    private static readonly double Sqrt3 = Math.Sqrt(3);

    /// <summary>How many shapes there are.</summary>
    public const int Count = 6;

    /// <summary>The order n of rotational symmetry: turning by 360°/n changes nothing. 0 when no turn changes anything.</summary>
    public static int Symmetry(ShapeKind kind) => kind switch
    {
        ShapeKind.Square or ShapeKind.Cross => 4,
        ShapeKind.Triangle => 3,
        ShapeKind.Star => 5,
        _ => 0,
    };

    /// <summary>The area for r = 1.</summary>
    public static double UnitArea(ShapeKind kind) => kind switch
    {
        ShapeKind.Disc => Math.PI,
        ShapeKind.Square => 2,
        ShapeKind.Triangle => 0.75 * Sqrt3,
        ShapeKind.Star => 5 * StarWaist * Math.Sin(Math.PI / 5),
        ShapeKind.Ring => Math.PI * (1 - (RingHole * RingHole)),
        _ => 4 * CrossArm * ((2 * CrossReach) - CrossArm),
    };

    /// <summary>The distance from (x, y), in the shape's own unrotated frame with y down, to the outline.</summary>
    public static double Distance(ShapeKind kind, double x, double y, double r) => kind switch
    {
        ShapeKind.Disc => Math.Sqrt((x * x) + (y * y)) - r,
        ShapeKind.Ring => Math.Abs(Math.Sqrt((x * x) + (y * y)) - (r * (1 + RingHole) / 2)) - (r * (1 - RingHole) / 2),
        ShapeKind.Square => Box(Math.Abs(x), Math.Abs(y), r * 0.70710678118654752),
        ShapeKind.Triangle => Triangle(Math.Abs(x), -y, r * Sqrt3 / 2),
        ShapeKind.Star => Star(Math.Abs(x), -y, r),
        _ => Cross(Math.Abs(x), Math.Abs(y), r * CrossReach, r * CrossArm),
    };

    private static double Box(double x, double y, double half)
    {
        double dx = x - half, dy = y - half;
        return dx > 0 && dy > 0 ? Math.Sqrt((dx * dx) + (dy * dy)) : Math.Max(dx, dy);
    }

    private static double Triangle(double x, double y, double halfSide)
    {
        x -= halfSide;
        y += halfSide / Sqrt3;
        if (x + (Sqrt3 * y) > 0)
        {
            (x, y) = ((x - (Sqrt3 * y)) / 2, ((-Sqrt3 * x) - y) / 2);
        }

        x -= Math.Clamp(x, -2 * halfSide, 0);
        var length = Math.Sqrt((x * x) + (y * y));
        return y > 0 ? -length : length;
    }

    private static double Star(double x, double y, double r)
    {
        const double kx = 0.80901699437494742, ky = -0.58778525229247313;
        var fold = 2 * Math.Max((kx * x) + (ky * y), 0);
        x -= fold * kx;
        y -= fold * ky;
        fold = 2 * Math.Max((-kx * x) + (ky * y), 0);
        x = Math.Abs(x + (fold * kx));
        y -= (fold * ky) + r;
        const double bx = StarWaist * -ky, by = (StarWaist * kx) - 1;
        var h = Math.Clamp(((x * bx) + (y * by)) / ((bx * bx) + (by * by)), 0, r);
        double dx = x - (bx * h), dy = y - (by * h);
        var length = Math.Sqrt((dx * dx) + (dy * dy));
        return (y * bx) - (x * by) > 0 ? length : -length;
    }

    private static double Cross(double x, double y, double reach, double arm)
    {
        if (y > x)
        {
            (x, y) = (y, x);
        }

        double qx = x - reach, qy = y - arm;
        var k = Math.Max(qx, qy);
        double wx = k > 0 ? qx : arm - x, wy = k > 0 ? qy : -k;
        wx = Math.Max(wx, 0);
        wy = Math.Max(wy, 0);
        var length = Math.Sqrt((wx * wx) + (wy * wy));
        return k > 0 ? length : -length;
    }
}
