using DiffusionSharp.Schedules;

namespace DiffusionSharp.Weights;

/// <summary>The scheduler of a checkpoint that has no scheduler_config.json.</summary>
internal static class CheckpointScheduler
{
    /// <summary>From what is known of it; the rest is DDPM's.</summary>
    /// <param name="facts">What is known.</param>
    /// <param name="scaled">Whether "linear" has its ends multiplied by 1000/T (OpenAI's and lucidrains' codes).</param>
    /// <param name="clip">Whether the code base clips x0 when it samples.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: an unknown schedule, or numbers that give none.</exception>
    public static SchedulerConfig Of(CheckpointFacts facts, bool scaled, bool clip)
    {
        var (t, start, end) = (facts.DiffusionSteps ?? 1000, facts.BetaStart ?? 1e-4, facts.BetaEnd ?? 0.02);
        var name = facts.NoiseSchedule switch
        {
            null or "linear" => scaled ? "linear_scaled_T" : "linear",
            "cosine" or "squaredcos_cap_v2" => "squaredcos_cap_v2",
            "quad" or "scaled_linear" => "scaled_linear",
            "const" or "jsd" or "sigmoid" => facts.NoiseSchedule,
            var other => throw new DiffusionException(
                ErrorKind.Usage, $"the noise schedule '{Printable.Of(other)}' is not known; give noise_schedule=linear, cosine, quad, const, jsd or sigmoid"),
        };
        return SchedulerConfig.FromSchedule(NoiseSchedule.Named(name, t, start, end)!, facts.Prediction ?? PredictionType.Epsilon) with { ClipSample = facts.Clip ?? clip };
    }
}
