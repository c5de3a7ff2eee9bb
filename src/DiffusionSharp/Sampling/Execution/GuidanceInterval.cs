using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// The noise levels at which guidance is applied (Kynkäänniemi et al. 2024, equation 5, with both ends closed); at all others the strong prediction
/// stands as it is. The paper, and the field after it, states the ends as σ = √((1-ᾱ)/ᾱ); a network is called with t, so they are kept as that.
/// </summary>
public sealed record GuidanceInterval
{
    /// <summary>The lowest t that is guided.</summary>
    public required double FromTimestep { get; init; }

    /// <summary>The highest t that is guided.</summary>
    public required double ToTimestep { get; init; }

    /// <summary>The interval of a schedule whose σ lies in [low, high]; between two levels ln σ is linear in t.</summary>
    /// <param name="schedule">The model's levels.</param>
    /// <param name="low">σ of the least noise that is guided; 0 leaves no level out.</param>
    /// <param name="high">σ of the most noise that is guided; infinity leaves no level out.</param>
    /// <exception cref="DiffusionException">The ends are no σ or in the wrong order, or the schedule has no level between them (<see cref="ErrorKind.Usage"/>).</exception>
    public static GuidanceInterval FromSigmas(NoiseSchedule schedule, double low, double high)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        double first = NoiseLevel.SigmaOf(schedule.AlphaBar(0)), last = NoiseLevel.SigmaOf(schedule.AlphaBar(schedule.T - 1));
        return low >= 0 && high >= low && low <= last && high >= first
            ? new() { FromTimestep = schedule.LevelAt(-Math.Log(low)).Timestep, ToTimestep = schedule.LevelAt(-Math.Log(high)).Timestep }
            : throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"guidance interval {low},{high}: two sigmas are needed, the lower first, and between them some of the model's levels, whose ")
                + FormattableString.Invariant($"sigma = sqrt((1-alphaBar)/alphaBar) goes from {first:G4} to {last:G4}"));
    }

    /// <summary>Whether a level is guided.</summary>
    /// <param name="timestep">Its t.</param>
    public bool Contains(double timestep) => timestep >= FromTimestep && timestep <= ToTimestep;
}
