using DiffusionSharp.Tuning;

namespace DiffusionSharp.Tests.Tuning;

public class ErrorGrowthTests
{
    [Fact]
    public void It_is_linear_between_levels_and_constant_above_the_first()
    {
        var growth = new ErrorGrowth([2, 6, 10], [5, 3, 1]);

        Assert.Equal([5, 5, 5, 4.5, 3, 2, 1], [.. new[] { 0, 1, 2, 3, 6, 8, 10 }.Select(growth.At)]);
    }

    // Images of two values; what was not apart says nothing, and one image that becomes another picture changes little.
    [Fact]
    public void A_factor_is_the_median_of_the_images()
    {
        double[] before = [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 1, 2, 2, 2, 3, 3];
        double[] after = [0, 0, 0, 0, 0, 0, 0, 0, 6, 8, 0, 4, 50, 50, 9, 9];

        Assert.Equal(3, ErrorGrowth.Factor(before, after, 2), 1e-12);
        Assert.Equal(1, ErrorGrowth.Factor([1, 2, 1, 2], [1, 2, 3, 4], 2));
    }
}
