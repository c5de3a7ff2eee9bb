using DiffusionSharp.Training;

namespace DiffusionSharp.Tests.Training;

public class LearningRateTests
{
    private static readonly TrainingOptions Options = new() { LearningRate = 0.4, WarmupImages = 100, TotalImages = 1100 };

    [Theory]
    [InlineData(1, 0.004)]
    [InlineData(50, 0.2)]
    [InlineData(100, 0.4)]
    [InlineData(1100, 0.4)]
    public void It_rises_linearly_and_stays(long images, double expected) => Assert.Equal(expected, LearningRate.At(Options, images), 1e-15);

    [Theory]
    [InlineData(50, 0.2)]
    [InlineData(100, 0.4)]
    [InlineData(600, 0.2)]
    [InlineData(1100, 0)]
    [InlineData(1200, 0)]
    public void It_falls_along_half_a_cosine(long images, double expected) =>
        Assert.Equal(expected, LearningRate.At(Options with { Decay = LearningRateDecay.Cosine }, images), 1e-15);

    [Fact]
    public void Without_warm_up_it_begins_at_its_value() => Assert.Equal(0.4, LearningRate.At(Options with { WarmupImages = 0 }, 1));
}
