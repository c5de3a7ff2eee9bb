using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Options;

/// <summary>The options that make a noise schedule and say what is predicted.</summary>
internal sealed class ScheduleOptions
{
    public Option<string> Schedule { get; } = Parse.Choice(
        "--schedule", [.. ScheduleRow.All.Select(r => (r.Short ?? r.Name, r.Name))]);

    public Option<int> TrainTimesteps { get; } = Parse.Number<int>("--train-timesteps");

    public Option<double> BetaStart { get; } = Parse.Number<double>("--beta-start");

    public Option<double> BetaEnd { get; } = Parse.Number<double>("--beta-end");

    public Option<bool> ZeroSnr { get; } = new("--zero-snr");

    public Option<PredictionType> Prediction { get; } = Parse.Choice(
        "--prediction", ("epsilon", PredictionType.Epsilon), ("sample", PredictionType.Sample), ("v_prediction", PredictionType.VPrediction));

    private IEnumerable<Option> Curve => [Schedule, TrainTimesteps, BetaStart, BetaEnd, ZeroSnr];

    public IEnumerable<Option> All => [.. Curve, Prediction];

    public IEnumerable<Option> Given(ParseResult r) => All.Where(r.Has);

    /// <summary>The scheduler; what is not given comes from a saved one, or is DDPM's.</summary>
    public SchedulerConfig Resolve(ParseResult r, SchedulerConfig? saved)
    {
        var prediction = r.Or(Prediction, saved?.PredictionType ?? PredictionType.Epsilon);
        if (saved is not null && !Curve.Any(r.Has))
        {
            return saved with { PredictionType = prediction };
        }

        if (saved?.TrainedBetas is not null && !r.Has(Schedule))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{Curve.First(r.Has).Name}: the run's schedule is kept as numbers; name it again with --schedule");
        }

        saved ??= new SchedulerConfig { TimestepSpacing = "trailing" };
        var config = saved with
        {
            TrainedBetas = null,
            BetaSchedule = r.Or(Schedule, saved.BetaSchedule),
            NumTrainTimesteps = r.Or(TrainTimesteps, saved.NumTrainTimesteps),
            BetaStart = r.Or(BetaStart, saved.BetaStart),
            BetaEnd = r.Or(BetaEnd, saved.BetaEnd),
            RescaleBetasZeroSnr = r.Or(ZeroSnr, saved.RescaleBetasZeroSnr),
            PredictionType = prediction,
        };

        return Unnamed(config) is not { } schedule ? config : config with
        {
            BetaSchedule = "linear",
            RescaleBetasZeroSnr = false,
            TrainedBetas = [.. (config.RescaleBetasZeroSnr ? schedule.WithZeroTerminalSnr() : schedule).Betas],
        };
    }

    // A DDIMScheduler has no name for these: their β are written out.
    private static NoiseSchedule? Unnamed(SchedulerConfig c) => ScheduleRow.All.Single(r => r.Name == c.BetaSchedule).IsDdimScheduler ? null
        : NoiseSchedule.Named(c.BetaSchedule, c.NumTrainTimesteps, c.BetaStart, c.BetaEnd);
}
