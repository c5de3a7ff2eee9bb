using System.Globalization;
using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A diffusers DDIMScheduler or DDPMScheduler, option by option; the defaults are diffusers' own. Or an EDMEulerScheduler (<see cref="FromEdm"/>), of which
/// T and <see cref="Edm"/> are all there is.
/// </summary>
public sealed record SchedulerConfig
{
    /// <summary><c>DDIMScheduler</c>, <c>DDPMScheduler</c> or <c>EDMEulerScheduler</c>.</summary>
    public string ClassName { get; init; } = "DDIMScheduler";

    /// <summary>T, the number of noise levels.</summary>
    public int NumTrainTimesteps { get; init; } = 1000;

    /// <summary><c>linear</c>, <c>scaled_linear</c>, <c>squaredcos_cap_v2</c>, or (DDPMScheduler only) <c>sigmoid</c>.</summary>
    public string BetaSchedule { get; init; } = "linear";

    /// <summary>First β of the schedules that have one.</summary>
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>Last β of the schedules that have one.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary>All T of the β, which then take the place of the named schedule; null when it is used.</summary>
    public ValueList<double>? TrainedBetas { get; init; }

    /// <summary>What the network predicts.</summary>
    public PredictionType PredictionType { get; init; } = PredictionType.Epsilon;

    /// <summary>Whether x0 is clipped to ±<see cref="ClipSampleRange"/>.</summary>
    public bool ClipSample { get; init; } = true;

    /// <summary>The clip range.</summary>
    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Whether x0 is dynamically thresholded instead (Imagen, section 2.3).</summary>
    public bool Thresholding { get; init; }

    /// <summary>The quantile of |x0| the threshold is.</summary>
    public double DynamicThresholdingRatio { get; init; } = 0.995;

    /// <summary>The largest threshold.</summary>
    public double SampleMaxValue { get; init; } = 1;

    /// <summary>Whether the schedule is rescaled so that its last ᾱ is 0.</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public string TimestepSpacing { get; init; } = "leading";

    /// <summary>
    /// EDM's preconditioning, under which the network is called in <see cref="Sampling.Execution.EdmDenoiser"/>, and predicts v there; null for one that is called with
    /// x and t as they are.
    /// </summary>
    public EdmPreconditioning? Edm { get; init; }

    /// <summary>The rule that <see cref="TimestepSpacing"/> names; EDM's own is Karras'.</summary>
    public TimestepSpacing Spacing => Edm is not null ? Schedules.TimestepSpacing.Karras : TimestepSpacing switch
    {
        "trailing" => Schedules.TimestepSpacing.Trailing,
        "linspace" => Schedules.TimestepSpacing.Linspace,
        _ => Schedules.TimestepSpacing.Leading,
    };

    /// <summary>Added to every timestep of the leading spacing.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Whether the last step goes to ᾱ = 1 (DDIMScheduler; DDPMScheduler always does) instead of ᾱ_0.</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>DDPMScheduler's variance: fixed_small, fixed_small_log, fixed_large, fixed_large_log, learned or learned_range.</summary>
    public string VarianceType { get; init; } = "fixed_small";

    /// <summary>How levels become what the network learns: <c>_dequantize</c> and <c>_logit</c>, which diffusers drops as it does all keys that begin with '_'.</summary>
    public PixelTransform PixelTransform { get; init; } = PixelTransform.None;

    /// <summary>The same for a network that learned levels in another way: predicted images are clipped to the range of those.</summary>
    /// <param name="transform">How levels become what the network learns.</param>
    public SchedulerConfig With(PixelTransform transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        return this with { PixelTransform = transform, ClipSampleRange = transform.Range };
    }

    /// <summary>The noise levels in float64 (diffusers computes the same in float32).</summary>
    /// <exception cref="DiffusionException">The options give a β outside (0, 1), or a number of β other than T.</exception>
    public NoiseSchedule ToSchedule()
    {
        var schedule = Edm is not null ? Edm.Schedule(NumTrainTimesteps)
            : TrainedBetas is { } betas ? FromBetas(betas)
            : SchedulerConfigJson.BetaSchedules.Contains(BetaSchedule) ? NoiseSchedule.Named(BetaSchedule, NumTrainTimesteps, BetaStart, BetaEnd)!
            : throw new DiffusionException(
                ErrorKind.Configuration, $"beta_schedule '{BetaSchedule}' is not supported (supported: {string.Join(", ", SchedulerConfigJson.BetaSchedules)})");
        return RescaleBetasZeroSnr ? schedule.WithZeroTerminalSnr() : schedule;
    }

    /// <summary>The EDMEulerScheduler of a preconditioning.</summary>
    /// <param name="edm">σ_data and the range of σ.</param>
    /// <param name="timesteps">T, how many levels the range is divided into for integer timesteps.</param>
    public static SchedulerConfig FromEdm(EdmPreconditioning edm, int timesteps = 1000)
    {
        ArgumentNullException.ThrowIfNull(edm);
        return new SchedulerConfig { ClassName = EdmSchedulerJson.ClassName, Edm = edm, NumTrainTimesteps = timesteps, PredictionType = PredictionType.VPrediction, ClipSample = false };
    }

    /// <summary>A network as plans call it: itself, or wrapped in <see cref="EdmDenoiser"/>. It is not disposed with that.</summary>
    /// <param name="network">The network as it was trained.</param>
    public IDenoiser Planned(IDenoiser network) => Edm is null ? network : new EdmDenoiser(network, Edm, ToSchedule());

    /// <summary>
    /// The DDIMScheduler of a schedule: by name where diffusers has one that gives exactly these β, else as
    /// <see cref="TrainedBetas"/>. The spacing is <c>trailing</c>, which starts at T-1 as ours does.
    /// </summary>
    /// <param name="schedule">The noise levels.</param>
    /// <param name="predictionType">What the network predicts.</param>
    public static SchedulerConfig FromSchedule(NoiseSchedule schedule, PredictionType predictionType = PredictionType.Epsilon)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        var common = new SchedulerConfig { NumTrainTimesteps = schedule.T, PredictionType = predictionType, TimestepSpacing = "trailing" };
        return NamedSchedules(common, schedule).FirstOrDefault(c => Gives(c, schedule))
            ?? common with { TrainedBetas = ValueList.Create<double>([.. schedule.Betas]) };
    }

    private static IEnumerable<SchedulerConfig> NamedSchedules(SchedulerConfig common, NoiseSchedule schedule)
    {
        var (first, last) = (schedule.Betas[0], schedule.Betas[^1]);
        yield return common with { BetaStart = first, BetaEnd = last };
        yield return common with { BetaSchedule = "scaled_linear", BetaStart = Round(first), BetaEnd = Round(last) };
        yield return common with { BetaSchedule = "squaredcos_cap_v2" };
        if (schedule.HasZeroTerminalSnr)
        {
            // The last β of the schedule that was rescaled is gone: try the usual ones.
            yield return common with { BetaStart = first, RescaleBetasZeroSnr = true };
            yield return common with { BetaSchedule = "scaled_linear", BetaStart = Round(first), RescaleBetasZeroSnr = true };
            yield return common with { BetaSchedule = "scaled_linear", BetaStart = Round(first), BetaEnd = 0.012, RescaleBetasZeroSnr = true };
            yield return common with { BetaSchedule = "squaredcos_cap_v2", RescaleBetasZeroSnr = true };
        }
    }

    /// <summary>(√β)² is off by a rounding error; the β it came from has few digits.</summary>
    private static double Round(double beta) => double.Parse(beta.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static bool Gives(SchedulerConfig config, NoiseSchedule schedule)
    {
        try
        {
            return config.ToSchedule().Equals(schedule);
        }
        catch (DiffusionException)
        {
            return false;
        }
    }

    private NoiseSchedule FromBetas(ValueList<double> betas) => betas.Count == NumTrainTimesteps
        ? NoiseSchedule.FromBetas([.. betas])
        : throw new DiffusionException(ErrorKind.Configuration, $"trained_betas has {betas.Count} numbers, num_train_timesteps is {NumTrainTimesteps}; they must agree");
}
