using CsCheck;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class ExponentialTests
{
    private static readonly Gen<double> Exponent = Gen.OneOf(
        Gen.Double[-708, 709.7],
        Gen.Double[-2, 2],
        Gen.Double[-1e-8, 1e-8],
        Gen.Select(Gen.Int[-1000, 1000], Gen.Int[-2, 2], (half, d) => (half * Math.Log(2) / 2) + (d * 1e-13)).Where(x => x is > -708 and < 709.7));

    [Fact]
    public void It_is_the_platforms_to_2_units_in_the_last_place() => Exponent.Sample(
        x => Assert.Equal(Math.Exp(x), Exponential.Exp(x), 4.5e-16 * Math.Exp(x)), iter: 20_000);

    // Of a sum the product; far from zero that tests the reduction by ln 2 too.
    [Fact]
    public void A_sum_gives_the_product() => Gen.Select(Gen.Int[-300, 300], Gen.Int[-300, 300]).Sample((a, b) =>
        Assert.Equal(1, Exponential.Exp(a) * Exponential.Exp(b) / Exponential.Exp(a + b), 2e-15));

    // The bits that every platform must give: e^x rounded, but for e^1, which is one unit too large.
    [Theory]
    [InlineData(0.0, 0x3FF0000000000000)]
    [InlineData(1.0, 0x4005BF0A8B14576A)]
    [InlineData(-1.0, 0x3FD78B56362CEF38)]
    [InlineData(0.1, 0x3FF1AEC7B35A00D4)]
    [InlineData(-12.345, 0x3ED240572F47CB82)]
    [InlineData(700.5, 0x7F18625C7D4F56C2)]
    [InlineData(-707.25, 0x00292CDB0C17D158)]
    public void The_bits(double x, long bits) => Assert.Equal(bits, BitConverter.DoubleToInt64Bits(Exponential.Exp(x)));

    [Fact]
    public void The_ends_are_zero_and_infinity()
    {
        Assert.Equal((0, 0), (Exponential.Exp(double.NegativeInfinity), Exponential.Exp(-746.5)));
        Assert.Equal((double.PositiveInfinity, double.PositiveInfinity), (Exponential.Exp(double.PositiveInfinity), Exponential.Exp(709.79)));
        Assert.Equal(double.Epsilon, Exponential.Exp(-744.4));
        Assert.Equal(Math.Exp(709.78), Exponential.Exp(709.78), 1e293);
        Assert.True(double.IsNaN(Exponential.Exp(double.NaN)));
    }
}
