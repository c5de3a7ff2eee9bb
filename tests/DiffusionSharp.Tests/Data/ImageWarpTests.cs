using DiffusionSharp.Data;

namespace DiffusionSharp.Tests.Data;

public class ImageWarpTests
{
    private static readonly ImageShape Shape = new(2, 24, 31);

    /// <summary>Whole shifts, and none, are exact: the wavelet is orthonormal. What comes from outside is reflected.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(-2, 5)]
    [InlineData(40, -60)]
    public void Whole_shifts_are_exact(int dx, int dy)
    {
        var random = new Random(1);
        float[] x = [.. Enumerable.Range(0, Shape.Elements).Select(_ => (float)((2 * random.NextDouble()) - 1))], y = new float[x.Length];
        new ImageWarp(Shape).Apply(AffineMap.Translation(dx, dy), x, y);
        for (var c = 0; c < 2; c++)
        {
            for (var row = 0; row < 24; row++)
            {
                for (var column = 0; column < 31; column++)
                {
                    Assert.Equal(x[(((c * 24) + Reflected(row + dy, 24)) * 31) + Reflected(column + dx, 31)], y[(((c * 24) + row) * 31) + column], 1e-5);
                }
            }
        }

        static int Reflected(int i, int side) => side - 1 - Math.Abs(side - 1 - Math.Abs(i % (2 * (side - 1))));
    }

    public static TheoryData<double, double, double, double, double, double> Maps => new()
    {
        { 0, -1, 0, 1, 0, 0 },
        { -1, 0, 0, 0, -1, 0 },
        { 0.8, -0.6, 1.3, 0.6, 0.8, -0.4 },
        { 0.7, 0, 0, 0, 0.7, 0 },
        { 1.2, 0.1, -0.5, -0.2, 0.9, 0.25 },
    };

    /// <summary>A smooth image is the smooth function at the places that the map says, where these lie well inside.</summary>
    [Theory]
    [MemberData(nameof(Maps))]
    public void Smooth_images_are_moved_as_the_map_says(double xx, double xy, double x0, double yx, double yy, double y0)
    {
        var map = new AffineMap(xx, xy, x0, yx, yy, y0);
        var shape = new ImageShape(1, 33, 33);
        float[] x = [.. Enumerable.Range(0, shape.Elements).Select(i => (float)Function((i % 33) - 16, (i / 33) - 16))], y = new float[x.Length];
        new ImageWarp(shape).Apply(map, x, y);
        var checkedPixels = 0;
        for (var i = 0; i < y.Length; i++)
        {
            var (u, v) = map.Apply((i % 33) - 16, (i / 33) - 16);
            if (Math.Abs(u) < 12 && Math.Abs(v) < 12)
            {
                checkedPixels++;
                Assert.Equal(Function(u, v), y[i], 4e-3);
            }
        }

        Assert.InRange(checkedPixels, 300, 33 * 33);

        static double Function(double x, double y) => (0.4 * Math.Sin((0.21 * x) + 0.3)) + (0.3 * Math.Cos((0.17 * y) - (0.1 * x))) + (0.01 * y);
    }

    [Fact]
    public void Maps_are_applied_from_right_to_left()
    {
        var (x, y) = (AffineMap.Translation(1, 2) * AffineMap.Rotation(0, 1) * AffineMap.Scale(2, 3)).Apply(5, 7);
        Assert.Equal((1 - 21, 2 + 10), (x, y));
    }
}
