using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Inversion;

/// <summary>
/// Plans that encode: the deterministic DDIM update run from x0 up to x_T (Song et al. 2021, section 4.3 and equation 14,
/// the probability-flow ODE forward in time). <c>Sampler</c> carries them out with the images as its initial x.
/// </summary>
public static class InversionPlan
{
    /// <summary>One step per timestep, from the clean image over τ from low to high; the result is x at τ's first entry.</summary>
    /// <param name="schedule">The noise schedule the network was trained with.</param>
    /// <param name="timesteps">τ of the plan that will decode, made for the same T.</param>
    /// <param name="options">Level and prediction type; null for the defaults.</param>
    /// <returns>A plan with one network call a step (at <see cref="InversionLevel.Refined"/>, at most the fixed point's), without noise and without clipping.</returns>
    /// <exception cref="DiffusionException">T differs, or the network predicts x0 and is called where the images are clean.</exception>
    public static SamplingPlan Create(NoiseSchedule schedule, Timesteps timesteps, InversionOptions? options = null)
    {
        options ??= new InversionOptions();
        return Create(NoiseLevels.FromTimesteps(schedule, timesteps, options.StartAlphaBar), options);
    }

    /// <summary>One step per level, from the final ᾱ over the levels from low to high in noise; the result is x at the first level.</summary>
    /// <param name="levels">The levels of the plan that will decode.</param>
    /// <param name="options">Level and prediction type.</param>
    /// <returns>A plan with one network call a step (at <see cref="InversionLevel.Refined"/>, at most the fixed point's), without noise and without clipping.</returns>
    /// <exception cref="DiffusionException">T differs, or the network predicts x0 and is called where the images are clean.</exception>
    public static SamplingPlan Create(NoiseLevels levels, InversionOptions options)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        var from = levels.FinalAlphaBar;
        if (from == 1 && options.PredictionType == PredictionType.Sample && options.Level != InversionLevel.Refined)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                "sampling plan: a network that predicts x0 says nothing about the noise of a clean image, where x0 is the image: "
                + "encode from the first noise level (the scheduler's set_alpha_to_one = false), or with the refined level");
        }

        var steps = new SamplingStep[levels.Count];
        var current = 0.0;
        for (var k = 0; k < steps.Length; k++)
        {
            var target = levels[levels.Count - 1 - k];
            steps[k] = options.Level == InversionLevel.Refined
                ? Refined(from, target, options.PredictionType)

                // Equation 13 has no σ: all of √(1-ᾱ_t) is ε.
                : Prediction.At(new NoiseLevel(options.Level == InversionLevel.Target ? target.Timestep : current, from), options.PredictionType, X0Treatment.None)
                    .Step(target.AlphaBar, x: 0, x0: Math.Sqrt(target.AlphaBar), epsilon: Math.Sqrt(1 - target.AlphaBar));
            (from, current) = (target.AlphaBar, target.Timestep);
        }

        var name = $"DDIM inversion, network at the {options.Level.ToString().ToLowerInvariant()} level";
        return new SamplingPlan(name, levels.T, options.PredictionType, X0Treatment.None, steps)
        {
            Notes = levels.Notes,
            FixedPoint = options.Level == InversionLevel.Refined ? options.FixedPoint : null,
        };
    }

    // Decoding from t to s is x_s = √(ᾱ_s/ᾱ_t)·(x_t - √(1-ᾱ_t)·ε) + √(1-ᾱ_s)·ε with ε of x_t at t. Solved for the first x_t:
    // x_t = r·x_s + (√(1-ᾱ_t) - r·√(1-ᾱ_s))·ε, r = √(ᾱ_t/ᾱ_s).
    private static SamplingStep Refined(double alphaBarFrom, NoiseLevel target, PredictionType type)
    {
        var r = Math.Sqrt(target.AlphaBar / alphaBarFrom);
        var epsilon = Math.Sqrt(1 - target.AlphaBar) - (r * Math.Sqrt(1 - alphaBarFrom));
        return Prediction.At(target, type, X0Treatment.None).Step(target.AlphaBar, x: 0, x0: 0, epsilon) with
        {
            AlphaBarFrom = alphaBarFrom,
            Saves = true,
            Saved = r,
        };
    }
}
