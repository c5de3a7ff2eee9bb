using CsCheck;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Tests.Training.Objectives;

public class DiffusionObjectiveTests
{
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear();

    [Fact]
    public void The_noisy_image_and_the_target_are_their_closed_forms() =>
        Gen.Select(Gen.Int[0, 999], Gen.Float[-1, 1], Gen.Float[-4, 4], Gen.Int[0, 2].Select(k => Enum.GetValues<PredictionType>()[k])).Sample((t, x0, epsilon, type) =>
        {
            float[] xt = [0], target = [0];
            new DiffusionObjective(Schedule, type).Noise(t, [x0], [epsilon], xt, target);
            double a = Math.Sqrt(Schedule.AlphaBar(t)), b = Math.Sqrt(1 - Schedule.AlphaBar(t));
            Assert.Equal((a * x0) + (b * epsilon), xt[0], 1e-6);
            Assert.Equal(type switch { PredictionType.Epsilon => epsilon, PredictionType.Sample => x0, _ => (a * epsilon) - (b * x0) }, target[0], 1e-6);

            // Whatever the network is taught, a perfect one gives x0 back.
            var recovered = type switch { PredictionType.Epsilon => (xt[0] - (b * target[0])) / a, PredictionType.Sample => target[0], _ => (a * xt[0]) - (b * target[0]) };
            Assert.Equal(x0, recovered, 2e-6 / (type == PredictionType.Epsilon ? a : 1));
        });

    [Fact]
    public void Min_SNR_weighs_the_error_of_x0_by_min_of_SNR_and_gamma() =>
        Gen.Select(Gen.Int[0, 999], Gen.Double[0.1, 20]).Sample((t, gamma) =>
        {
            // Hang et al. 2023, section 3.4: the error of ε is SNR times that of x0, the error of v is SNR + 1 times.
            var snr = Schedule.AlphaBar(t) / (1 - Schedule.AlphaBar(t));
            var expected = Math.Min(snr, gamma);
            double Weight(PredictionType type) => new DiffusionObjective(Schedule, type, gamma).LossWeight(t);
            Assert.Equal(expected, Weight(PredictionType.Sample), 1e-12);
            Assert.Equal(expected, Weight(PredictionType.Epsilon) * snr, 1e-12);
            Assert.Equal(expected, Weight(PredictionType.VPrediction) * (snr + 1), 1e-12);
            Assert.Equal(1, new DiffusionObjective(Schedule).LossWeight(t));
        });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Gamma_must_be_positive(double gamma) =>
        Assert.Contains("gamma", Assert.Throws<DiffusionException>(() => new DiffusionObjective(Schedule, minSnrGamma: gamma)).Message);

    [Fact]
    public void Predicting_the_noise_of_pure_noise_is_refused_and_v_is_not()
    {
        var schedule = Schedule.WithZeroTerminalSnr();
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => new DiffusionObjective(schedule)).Kind);
        var v = new DiffusionObjective(schedule, PredictionType.VPrediction, minSnrGamma: 5);
        float[] xt = [0], target = [0];
        v.Noise(999, [0.5f], [2], xt, target);
        Assert.Equal((2f, -0.5f), (xt[0], target[0]));
        Assert.Equal(0, v.LossWeight(999));
    }
}
