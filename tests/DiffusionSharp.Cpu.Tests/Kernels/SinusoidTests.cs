using DiffusionSharp.Cpu.Kernels.Embedding;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class SinusoidTests
{
    [Fact]
    public void Sines_and_cosines_are_the_platforms_to_1e_12()
    {
        for (var i = 0; i <= 200_000; i++)
        {
            var angle = i * 0.005;
            var (sin, cos) = Sinusoid.SinCos(angle);
            Assert.Equal(Math.Sin(angle), sin, 1e-12);
            Assert.Equal(Math.Cos(angle), cos, 1e-12);
        }
    }

    [Theory]
    [InlineData(2, 0, 10000)]
    [InlineData(7, 0, 10000)]
    [InlineData(32, 1, 10000)]
    [InlineData(128, 0, 10000)]
    [InlineData(128, 1, 10000)]
    [InlineData(1024, 0.5, 10000)]
    [InlineData(64, 1, 1.5)]
    [InlineData(64, 1, 512)]
    [InlineData(64, 0, 123456.789)]
    public void Frequencies_are_a_geometric_series_to_1e_15(int dimension, double shift, double period)
    {
        var frequencies = Sinusoid.Frequencies(dimension, shift, period);
        Assert.Equal(dimension / 2, frequencies.Length);
        Assert.All(frequencies.Index(), f => Assert.Equal(Math.Pow(period, -f.Index / ((dimension / 2) - shift)), f.Item, 1e-15));
    }
}
