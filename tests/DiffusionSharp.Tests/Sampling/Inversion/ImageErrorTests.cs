using DiffusionSharp.Sampling.Inversion;

namespace DiffusionSharp.Tests.Sampling.Inversion;

public class ImageErrorTests
{
    [Fact]
    public void Black_and_white_differ_by_one() => Assert.Equal((1, 0), Both([-1, 1], [1, -1]));

    [Fact]
    public void A_tenth_of_the_range_is_20_dB() => Assert.Equal(20, Both([0.2, -0.4, 1], [0, -0.2, 1.2]).Psnr, 1e-12);

    [Fact]
    public void The_same_is_infinitely_near() => Assert.Equal((0, double.PositiveInfinity), Both([0.3], [0.3]));

    [Fact]
    public void Numbers_without_a_partner_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Both([0], [0, 0]));

    private static (double Error, double Psnr) Both(double[] a, double[] b)
    {
        var error = ImageError.MeanSquared(a, b);
        return (error, ImageError.Psnr(error));
    }
}
