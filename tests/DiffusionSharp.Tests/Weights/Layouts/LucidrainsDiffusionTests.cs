using DiffusionSharp.Schedules;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Tests.Weights.Layouts;

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

    [Theory]
    [InlineData("cosine", "squaredcos_cap_v2")]
    [InlineData("short cosine", "squaredcos_cap_v2")]
    [InlineData("linear", "linear")]
    [InlineData("short linear", "linear")]
    [InlineData("sigmoid", null)]
    public void Known_schedules_are_found_again_to_the_last_digit(string name, string? named)
    {
        var scheduler = LucidrainsDiffusion.Scheduler(Rounded(Schedules[name]), PredictionType.Sample);
        Assert.Equal(Schedules[name], scheduler.ToSchedule());
        Assert.Equal(PredictionType.Sample, scheduler.PredictionType);
        Assert.Equal(named is null, scheduler.TrainedBetas is not null);
        Assert.Equal(named ?? "linear", scheduler.BetaSchedule);
    }

    [Fact]
    public void Another_schedule_is_kept_as_its_betas()
    {
        float[] betas = [0.1f, 0.2f, 0.4f];
        Assert.Equal([(double)0.1f, (double)0.2f, (double)0.4f], LucidrainsDiffusion.Scheduler(betas, PredictionType.Epsilon).TrainedBetas!);
    }

    private static float[] Rounded(NoiseSchedule schedule) => [.. schedule.Betas.Select(b => (float)b)];
}
