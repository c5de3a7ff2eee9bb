using CsCheck;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class SlerpTests
{
    private static readonly Gen<double[]> Vector = Gen.Double[-3, 3].Array[6].Where(v => v.Sum(x => x * x) > 0.01);

    [Fact]
    public void The_ends_are_exact() => Gen.Select(Vector, Vector).Sample((from, to) =>
    {
        Assert.Equal(from, Between(from, to, 0));
        Assert.Equal(to, Between(from, to, 1));
    });

    // Vectors of one length, any angle: the arc is run through at constant speed on the sphere.
    [Theory]
    [InlineData(1e-12)]
    [InlineData(1e-7)]
    [InlineData(1e-3)]
    [InlineData(1.5)]
    [InlineData(3.1415)]
    [InlineData(Math.PI - 1e-5)]
    [InlineData(Math.PI - 1e-9)]
    [InlineData(Math.PI)]
    public void Between_lies_on_the_sphere_at_its_part_of_the_angle(double angle)
    {
        double[] from = [3, 0, 0], to = [3 * Math.Cos(angle), 3 * Math.Sin(angle), 0];
        foreach (var a in new[] { 0.1, 0.25, 0.5, 0.9 })
        {
            var z = Between(from, to, a);
            Assert.Equal(3, Math.Sqrt(z.Sum(v => v * v)), 1e-9);
            Assert.Equal(a * angle, Math.Atan2(Math.Sqrt((z[1] * z[1]) + (z[2] * z[2])), z[0]), 2e-6);
        }
    }

    // Unequal lengths: never longer than the longer one near opposition, where the quotients of sines would diverge.
    [Fact]
    public void Opposite_vectors_of_unequal_length_stay_bounded()
    {
        foreach (var apart in new[] { 0, 1e-12, 1e-8, 1e-5, 1e-2, 0.5, 2 })
        {
            var z = Between([2, 0, 0], [-3, apart, 0], 0.5);
            Assert.InRange(Math.Sqrt(z.Sum(v => v * v)), 1.99, 3.7);
        }
    }

    private static double[] Between(double[] from, double[] to, double a)
    {
        var result = new double[from.Length];
        Slerp.Between(from, to, a, result);
        return result;
    }
}
