namespace DiffusionSharp.Schedules;

public sealed partial class NoiseLevels
{
    private const double KarrasRho = 7;

    /// <summary>S levels by a named rule.</summary>
    /// <param name="schedule">The noise schedule the network was trained with.</param>
    /// <param name="spacing">The rule.</param>
    /// <param name="steps">S, in [1, T]. One step is always t = T-1.</param>
    /// <param name="final">The level after the last.</param>
    /// <param name="offset">Added to every timestep; <see cref="TimestepSpacing.Leading"/> only.</param>
    /// <exception cref="DiffusionException">S does not fit T or the rule, or an offset was given to a rule without one.</exception>
    public static NoiseLevels Create(
        NoiseSchedule schedule, TimestepSpacing spacing, int steps, FinalAlphaBar final = Schedules.FinalAlphaBar.One, int offset = 0)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return SpacingRow.Get(spacing).Levels is { } create
            ? create(schedule, steps, final)
            : FromTimesteps(schedule, Timesteps.Create(spacing, schedule.T, steps, offset), final);
    }

    /// <summary>The levels of integer timesteps τ.</summary>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="timesteps">τ, made for the same T.</param>
    /// <param name="final">The level after the last.</param>
    /// <exception cref="DiffusionException">T differs.</exception>
    public static NoiseLevels FromTimesteps(NoiseSchedule schedule, Timesteps timesteps, FinalAlphaBar final = Schedules.FinalAlphaBar.One)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(timesteps);
        return schedule.T == timesteps.T
            ? new(schedule.T, [.. timesteps.Select(t => new NoiseLevel(t, schedule.AlphaBar(t)))], End(schedule, final), [.. timesteps.Notes, .. StartNote(schedule, timesteps[0])])
            : throw Invalid($"the timesteps are made for T = {timesteps.T}, the noise schedule has T = {schedule.T}");
    }

    /// <summary>Any levels, such as those of a schedule that is continuous in time.</summary>
    /// <param name="T">Number of noise levels that t counts.</param>
    /// <param name="finalAlphaBar">ᾱ after the last.</param>
    /// <param name="levels">From the noisiest on: t falls, ᾱ rises.</param>
    /// <exception cref="DiffusionException">No level, or not in that order.</exception>
    public static NoiseLevels Custom(int T, double finalAlphaBar, params ReadOnlySpan<NoiseLevel> levels) => new(T, levels.ToArray(), finalAlphaBar, []);

    /// <summary>σ^(1/ρ) evenly spaced from the schedule's largest σ to its smallest, ρ = 7 (Karras et al. 2022, equation 5).</summary>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="steps">S, in [1, T].</param>
    /// <param name="final">The level after the last.</param>
    /// <exception cref="DiffusionException">S is outside [1, T], or T is 1 and S is not.</exception>
    public static NoiseLevels Karras(NoiseSchedule schedule, int steps, FinalAlphaBar final = Schedules.FinalAlphaBar.One) =>
        Spread(schedule, steps, steps - 1, final, lambda => Math.Exp(-lambda / KarrasRho), root => -KarrasRho * Math.Log(root));

    /// <summary>
    /// σ in a geometric series from the schedule's largest to its smallest, which is λ evenly spaced: k-diffusion's exponential and
    /// DPM-Solver's logSNR rule are one.
    /// </summary>
    /// <inheritdoc cref="Karras"/>
    public static NoiseLevels Exponential(NoiseSchedule schedule, int steps, FinalAlphaBar final = Schedules.FinalAlphaBar.One) =>
        Spread(schedule, steps, steps - 1, final, lambda => lambda, lambda => lambda);

    /// <summary>The S highest of S+1 points with λ evenly spaced over the schedule (the official DPM-Solver's logSNR).</summary>
    /// <inheritdoc cref="Karras"/>
    public static NoiseLevels LogSnr(NoiseSchedule schedule, int steps, FinalAlphaBar final = Schedules.FinalAlphaBar.One) =>
        Spread(schedule, steps, steps, final, lambda => lambda, lambda => lambda);

    /// <summary>ᾱ where a chain ends.</summary>
    internal static double End(NoiseSchedule schedule, FinalAlphaBar final) => final == Schedules.FinalAlphaBar.One ? 1 : schedule.AlphaBar(0);

    // The first S points when the way from the first level to the last is cut into equal intervals of a function of λ.
    private static NoiseLevels Spread(
        NoiseSchedule schedule, int steps, int intervals, FinalAlphaBar final, Func<double, double> scale, Func<double, double> inverse)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        if (steps < 1 || steps > schedule.T)
        {
            throw Invalid($"{steps} steps were asked for: with T = {schedule.T} the number of steps must lie in [1, {schedule.T}]");
        }

        int last = schedule.T - 1;
        double first = scale(schedule.Lambda(last)), end = scale(schedule.Lambda(0));
        var levels = new NoiseLevel[steps];
        for (var i = 0; i < steps; i++)
        {
            levels[i] = i == 0 ? new(last, schedule.AlphaBar(last))
                : i == intervals ? new(0, schedule.AlphaBar(0))
                : schedule.LevelAt(inverse(first + ((end - first) * i / intervals)));
        }

        return new(schedule.T, levels, End(schedule, final), []);
    }

    private static IEnumerable<string> StartNote(NoiseSchedule schedule, int start)
    {
        var alphaBar = schedule.AlphaBar(start);
        if (schedule.T - 1 - start > schedule.T / 20 && alphaBar > 1e-3)
        {
            yield return $"the chain starts at t = {start}, well below T-1 = {schedule.T - 1}, where alphaBar = {alphaBar:G3} is not about 0: "
                + "an x_T of pure noise is not what the network saw there";
        }
    }
}
