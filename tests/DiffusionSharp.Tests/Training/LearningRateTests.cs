using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training;

public class LearningRateTests
{
    private static readonly TrainingOptions Options = new() { LearningRate = 0.4, WarmupImages = 100, TotalImages = 1100 };

    [Theory]
    [InlineData(1, 0.004)]
    [InlineData(50, 0.2)]
    [InlineData(100, 0.4)]
    [InlineData(1100, 0.4)]
    public void It_rises_linearly_and_stays(long images, double expected) => Assert.Equal(expected, LearningRateSchedule.At(Options, images), 1e-15);

    [Theory]
    [InlineData(50, 0.2)]
    [InlineData(100, 0.4)]
    [InlineData(600, 0.2)]
    [InlineData(1100, 0)]
    [InlineData(1200, 0)]
    public void It_falls_along_half_a_cosine(long images, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.At(Options with { Decay = LearningRateDecay.Cosine }, images), 1e-15);

    /// <summary>The lists of the test of transformers and diffusers for their schedules, to the digits given there (cut, not rounded): rate 10, 10 steps, 2 (4) of them warm-up.</summary>
    [Theory]
    [InlineData(LearningRateDecay.Constant, 4, new[] { 0.0, 2.5, 5.0, 7.5, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0 })]
    [InlineData(LearningRateDecay.Linear, 2, new[] { 0.0, 5.0, 10.0, 8.75, 7.5, 6.25, 5.0, 3.75, 2.5, 1.25 })]
    [InlineData(LearningRateDecay.Cosine, 2, new[] { 0.0, 5.0, 10.0, 9.61, 8.53, 6.91, 5.0, 3.08, 1.46, 0.38 })]
    [InlineData(LearningRateDecay.CosineWithRestarts, 2, new[] { 0.0, 5.0, 10.0, 8.53, 5.0, 1.46, 10.0, 8.53, 5.0, 1.46 })]
    [InlineData(LearningRateDecay.Polynomial, 2, new[] { 0.0, 5.0, 10.0, 7.656, 5.625, 3.906, 2.5, 1.406, 0.625, 0.156 })]
    public void It_is_what_the_tests_of_diffusers_expect(LearningRateDecay decay, long warmup, double[] expected)
    {
        var options = new TrainingOptions { LearningRate = 10, Decay = decay, WarmupImages = warmup, TotalImages = 10, DecayCycles = 2, DecayPower = 2 };
        for (var step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step], LearningRateSchedule.At(options, step), decay == LearningRateDecay.Polynomial ? 1e-3 : 1e-2);
        }
    }

    [Theory]
    [InlineData(LearningRateDecay.Linear, 350, 0.3)]
    [InlineData(LearningRateDecay.Linear, 1100, 0)]
    [InlineData(LearningRateDecay.Linear, 1200, 0)]
    [InlineData(LearningRateDecay.CosineWithRestarts, 225, 0.2)]
    [InlineData(LearningRateDecay.CosineWithRestarts, 350, 0.4)]
    [InlineData(LearningRateDecay.CosineWithRestarts, 1100, 0)]
    [InlineData(LearningRateDecay.Polynomial, 350, 0.1 + (0.3 * 0.421875))]
    [InlineData(LearningRateDecay.Polynomial, 1100, 0.1)]
    [InlineData(LearningRateDecay.Polynomial, 1200, 0.1)]
    public void Its_closed_forms(LearningRateDecay decay, long images, double expected) => Assert.Equal(
        expected, LearningRateSchedule.At(Options with { Decay = decay, DecayCycles = 4, DecayPower = 3, FinalLearningRate = 0.1 }, images), 1e-15);

    [Fact]
    public void Without_warm_up_it_begins_at_its_value() => Assert.Equal(0.4, LearningRateSchedule.At(Options with { WarmupImages = 0 }, 1));
}
