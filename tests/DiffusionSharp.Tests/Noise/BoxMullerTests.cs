using System.Runtime.Intrinsics;
using CsCheck;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class BoxMullerTests
{
    private const long Limit = 1L << 53;

    private static readonly Gen<long> Integer = Gen.OneOf(
        Gen.Long[0, Limit - 1],
        Gen.Int[0, 52].Select(Gen.Int[-2, 2], (shift, d) => Math.Clamp((1L << shift) + d, 0, Limit - 1)),
        Gen.Int[0, 8].Select(Gen.Int[-2, 2], (eighth, d) => Math.Clamp((eighth * (Limit / 8)) + d, 0, Limit - 1)));

    [Fact]
    public void Log_is_accurate() => Integer.Sample(a =>
    {
        var u = (a + 1) / (double)Limit;
        Assert.Equal(Math.Log(u), BoxMuller.Log(u), 4e-16 * Math.Abs(Math.Log(u)));
    });

    [Fact]
    public void Cos_and_sin_are_accurate() => Integer.Sample(b =>
    {
        // The exact rest of the quarter turn keeps the expectation itself free of the error of 2π·v.
        var quarter = (int)((b + (Limit / 8)) / (Limit / 4));
        var (sin, cos) = Math.SinCos((b - (quarter * (Limit / 4))) / (double)Limit * 2 * Math.PI);
        var expected = (quarter % 4) switch { 0 => (cos, sin), 1 => (-sin, cos), 2 => (-cos, -sin), _ => (sin, -cos) };
        var actual = BoxMuller.CosSin(b);
        Assert.Equal(expected.Item1, actual.Cos, 4e-16);
        Assert.Equal(expected.Item2, actual.Sin, 4e-16);
    });

    [Fact]
    public void Normals_agree_with_the_platforms_functions() => Gen.Select(Integer, Integer).Sample((a, b) =>
    {
        var r = Math.Sqrt(-2 * Math.Log((a + 1) / (double)Limit));
        var (sin, cos) = Math.SinCos(2 * Math.PI * b / Limit);
        var (first, second) = BoxMuller.Pair(a, b);
        Assert.Equal(r * cos, first, 2e-14);
        Assert.Equal(r * sin, second, 2e-14);
    });

    [Fact]
    public void Lanes_have_the_bits_of_the_scalar_form() => Gen.Select(Integer.Array[4], Integer.Array[4]).Sample((a, b) =>
    {
        var (first, second) = BoxMuller.Pair(Vector256.Create(a), Vector256.Create(b));
        for (var lane = 0; lane < 4; lane++)
        {
            var expected = BoxMuller.Pair(a[lane], b[lane]);
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected.First), BitConverter.DoubleToInt64Bits(first.GetElement(lane)));
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected.Second), BitConverter.DoubleToInt64Bits(second.GetElement(lane)));
        }
    });

    [Fact]
    public void The_ends_of_the_range_are_finite()
    {
        Assert.Equal(0, BoxMuller.Log(1));
        Assert.Equal(-53 * Math.Log(2), BoxMuller.Log(1.0 / Limit), 1e-14);
        Assert.Equal((1, 0), BoxMuller.CosSin(0));
        Assert.True(double.IsFinite(BoxMuller.Pair(0, Limit - 1).First));
    }
}
