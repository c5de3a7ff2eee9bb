namespace DiffusionSharp.Data;

/// <summary>(x, y) → (Xx·x + Xy·y + X0, Yx·x + Yy·y + Y0).</summary>
internal readonly record struct AffineMap(double Xx, double Xy, double X0, double Yx, double Yy, double Y0)
{
    public static AffineMap Identity { get; } = new(1, 0, 0, 0, 1, 0);

    public static AffineMap Scale(double x, double y) => new(x, 0, 0, 0, y, 0);

    public static AffineMap Translation(double x, double y) => new(1, 0, x, 0, 1, y);

    /// <summary>A turn from the x axis towards the y axis.</summary>
    public static AffineMap Rotation(double cos, double sin) => new(cos, -sin, 0, sin, cos, 0);

    /// <summary>First the right one, then the left one.</summary>
    public static AffineMap operator *(AffineMap a, AffineMap b)
    {
        var (x, y) = a.Apply(b.X0, b.Y0);
        return new(
            (a.Xx * b.Xx) + (a.Xy * b.Yx), (a.Xx * b.Xy) + (a.Xy * b.Yy), x,
            (a.Yx * b.Xx) + (a.Yy * b.Yx), (a.Yx * b.Xy) + (a.Yy * b.Yy), y);
    }

    public (double X, double Y) Apply(double x, double y) => ((Xx * x) + (Xy * y) + X0, (Yx * x) + (Yy * y) + Y0);
}
