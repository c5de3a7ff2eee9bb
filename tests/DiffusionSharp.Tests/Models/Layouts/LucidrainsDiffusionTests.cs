using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Models.Layouts;

public class LucidrainsDiffusionTests
{
    private static readonly Dictionary<string, NoiseSchedule> Schedules = new()
    {
        ["cosine"] = NoiseSchedule.Cosine(),
        ["sigmoid"] = NoiseSchedule.SigmoidLucidrains(),
        ["linear"] = NoiseSchedule.LinearScaledT(),
        ["short linear"] = NoiseSchedule.LinearScaledT(200),
        ["short cosine"] = NoiseSchedule.Cosine(25),
    };

    public static TheoryData<string, double, PredictionType> Weights => new(
        from schedule in Schedules.Keys
        from gamma in (double[])[double.PositiveInfinity, 5, 1]
        from prediction in Enum.GetValues<PredictionType>()
        select (schedule, gamma, prediction));

    // The reference: min(SNR, γ) over SNR for pred_noise, over 1 for pred_x0, over SNR + 1 for pred_v, in float64 and then rounded.
    [Theory]
    [MemberData(nameof(Weights))]
    public void The_losses_weights_tell_the_objective(string name, double gamma, PredictionType prediction)
    {
        var schedule = Schedules[name];
        float[] weights = [.. Enumerable.Range(0, schedule.T).Select(t =>
        {
            var snr = schedule.AlphaBar(t) / (1 - schedule.AlphaBar(t));
            return (float)(Math.Min(snr, gamma) / (prediction switch { PredictionType.Epsilon => snr, PredictionType.Sample => 1, _ => snr + 1 }));
        })];
        Assert.Equal(prediction, LucidrainsDiffusion.Prediction(Rounded(schedule), weights));
    }

    [Fact]
    public void Other_weights_tell_nothing()
    {
        var betas = Rounded(NoiseSchedule.Cosine());
        Assert.Null(LucidrainsDiffusion.Prediction(betas, new float[1000]));
        Assert.Null(LucidrainsDiffusion.Prediction(betas, [.. Enumerable.Range(0, 1000).Select(t => 1 + (t / 1000f))]));
        Assert.Null(LucidrainsDiffusion.Prediction(betas, [1]));
        Assert.Null(LucidrainsDiffusion.Prediction([], []));
    }

    private static float[] Rounded(NoiseSchedule schedule) => [.. schedule.Betas.Select(b => (float)b)];
}
