using CsCheck;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tests.Sampling.Plans;

public class QuantileTests
{
    [Fact]
    public void Is_the_linear_quantile_of_the_sorted_values() =>
        Gen.Select(Gen.OneOf(Gen.Double[-5, 5], Gen.Int[-3, 3].Select(i => (double)i)).Array[1, 200], Gen.Double[0, 1]).Sample((x, q) =>
        {
            var sorted = x.Select(Math.Abs).Order().ToArray();
            var position = q * (sorted.Length - 1);
            int low = (int)Math.Floor(position), high = (int)Math.Ceiling(position);
            var expected = sorted[low] + ((position - low) * (sorted[high] - sorted[low]));
            Assert.Equal(expected, Quantile.OfAbsolute(x, q, new double[x.Length]), 1e-15);
        });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)] // torch.quantile(tensor([1, 2, 3, 4]), 0.5)
    [InlineData(0.95, 3.85)]
    [InlineData(1, 4)]
    public void By_example(double quantile, double expected) =>
        Assert.Equal(expected, Quantile.OfAbsolute([3, -1, -4, 2], quantile, new double[4]), 1e-15);
}
