using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The scheduler of a checkpoint that has no scheduler_config.json.</summary>
internal static class CheckpointScheduler
{
    /// <summary>
    /// From what is known of it: the schedule that was told, or else the one in the file, or else the code base's own; the rest is DDPM's. What
    /// was told and contradicts the file is noted.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="facts">What is known.</param>
    /// <param name="linear">What the code base means by "linear" (<see cref="NoiseSchedule.Named"/>), which it has by default.</param>
    /// <param name="clip">Whether the code base clips x0 when it samples.</param>
    /// <param name="stored">The schedule in the file; null when it has none.</param>
    /// <param name="notes">Receives what the user should know.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: an unknown schedule, or numbers that give none or contradict the file's.</exception>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file's own schedule cannot be told.</exception>
    public static SchedulerConfig Infer(string path, CheckpointFacts facts, string linear, bool clip, StoredSchedule? stored, ICollection<string> notes)
    {
        var schedule = stored is null || facts.NoiseSchedule is not null ? Told(facts, linear) : Stored(path, stored, facts);
        if (stored is not null && facts.NoiseSchedule is not null && !StoredSchedule.Agree(schedule, stored.Schedule))
        {
            notes.Add(
                $"the schedule is {Printable.Sanitize(facts.NoiseSchedule)} ({schedule}) as told, and not that of its '{Printable.Sanitize(stored.Name)}' ({stored.Schedule?.ToString() ?? stored.Problem}); "
                + "leave noise_schedule out to take that one");
        }

        return SchedulerConfig.FromSchedule(schedule, facts.Prediction ?? PredictionType.Epsilon) with { ClipSample = facts.Clip ?? clip };
    }

    private static NoiseSchedule Told(CheckpointFacts facts, string linear)
    {
        var name = facts.NoiseSchedule switch
        {
            null or "linear" => linear,
            "sqrt_linear" when linear == "scaled_linear" => "linear",
            "cosine" or "squaredcos_cap_v2" => "squaredcos_cap_v2",
            "quad" or "scaled_linear" => "scaled_linear",
            "const" or "jsd" or "sigmoid" or "sigmoid_lucidrains" => facts.NoiseSchedule,
            var other => throw new DiffusionException(
                ErrorKind.Usage, $"the noise schedule '{Printable.Sanitize(other)}' is not known; give noise_schedule=linear, cosine, quad, const, jsd or sigmoid"),
        };
        return NoiseSchedule.Named(name, facts.DiffusionSteps ?? 1000, facts.BetaStart ?? 1e-4, facts.BetaEnd ?? 0.02)!;
    }

    private static NoiseSchedule Stored(string path, StoredSchedule stored, CheckpointFacts facts)
    {
        var schedule = stored.Schedule ?? throw new DiffusionException(
            ErrorKind.ModelFile, $"model file '{path}': {stored.Problem}: tell which schedule it is among the facts about it (noise_schedule=linear,diffusion_steps=1000)");
        (string Name, double? Told, double Found)[] numbers =
        [
            ("diffusion_steps", facts.DiffusionSteps, schedule.T), ("beta_start", facts.BetaStart, schedule.Betas[0]), ("beta_end", facts.BetaEnd, schedule.Betas[^1]),
        ];
        return numbers.FirstOrDefault(n => n.Told is { } told && Math.Abs(told - n.Found) > 1e-3 * n.Found) is { Name: not null } other
            ? throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"{other.Name}={other.Told} was told of '{path}', whose '{Printable.Sanitize(stored.Name)}' say {other.Found:G6}: leave it out, or tell the whole schedule (noise_schedule=linear)"))
            : schedule;
    }
}
