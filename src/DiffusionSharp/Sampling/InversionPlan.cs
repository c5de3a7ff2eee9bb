using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

/// <summary>
/// Plans that encode: the deterministic DDIM update run from x0 up to x_T (Song et al. 2021, section 4.3 and equation 14,
/// the probability-flow ODE forward in time). <see cref="Sampler"/> carries them out with the images as its initial x.
/// </summary>
public static class InversionPlan
{
    /// <summary>One step per timestep, from the clean image over τ from low to high; the result is x at τ's first entry.</summary>
    /// <param name="schedule">The noise schedule the network was trained with.</param>
    /// <param name="timesteps">τ of the plan that will decode, made for the same T.</param>
    /// <param name="options">Level and prediction type; null for the defaults.</param>
    /// <returns>A plan with exactly <c>timesteps.Count</c> network calls, without noise and without clipping.</returns>
    /// <exception cref="DiffusionException">T differs, or the network predicts x0 and the images have ᾱ = 1.</exception>
    public static SamplingPlan Create(NoiseSchedule schedule, Timesteps timesteps, InversionOptions? options = null)
    {
        options ??= new InversionOptions();
        DdimPlan.RequireSameT(schedule, timesteps);
        var from = DdimPlan.CleanEnd(schedule, options.StartAlphaBar);
        if (from == 1 && options.PredictionType == PredictionType.Sample)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                "sampling plan: a network that predicts x0 says nothing about the noise of a clean image, where x0 is the image: "
                + "encode from the first noise level (the scheduler's set_alpha_to_one = false)");
        }

        var steps = new SamplingStep[timesteps.Count];
        var current = 0;
        for (var k = 0; k < steps.Length; k++)
        {
            var target = timesteps[timesteps.Count - 1 - k];
            var to = schedule.AlphaBar(target);
            var t = options.Level == InversionLevel.Target ? target : current;

            // Equation 13 has no σ: all of √(1-ᾱ_t) is ε.
            steps[k] = DdimPlan.Move(t, from, to, Math.Sqrt(1 - to), sigma: 0, options.PredictionType, X0Treatment.None);
            (from, current) = (to, target);
        }

        var level = options.Level == InversionLevel.Target ? "target" : "current";
        return new SamplingPlan($"DDIM inversion, network at the {level} level", schedule.T, options.PredictionType, X0Treatment.None, steps)
        {
            Notes = timesteps.Notes,
        };
    }
}
