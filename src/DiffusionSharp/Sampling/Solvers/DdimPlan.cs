using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Plans of the DDIM family (Song et al. 2021, equations 12 and 16) on any list of timesteps.
/// DDPM's ancestral sampling is η = 1 (variance β̃), η = hat (variance 1-ᾱ_t/ᾱ_s) or η = learned (between the two) of the same family.
/// </summary>
public static class DdimPlan
{
    /// <summary>One step per timestep; each goes to the next list entry, the last to the final ᾱ.</summary>
    /// <param name="schedule">The noise schedule the network was trained with.</param>
    /// <param name="timesteps">τ, made for the same T.</param>
    /// <param name="options">η, prediction type and the rest; null for the defaults.</param>
    /// <returns>A plan with exactly <c>timesteps.Count</c> network calls.</returns>
    /// <exception cref="DiffusionException">T differs, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseSchedule schedule, Timesteps timesteps, DdimOptions? options = null)
    {
        options ??= new DdimOptions();
        return Create(NoiseLevels.FromTimesteps(schedule, timesteps, options.FinalAlphaBar), options);
    }

    /// <summary>One step per level; the last goes to the levels' final ᾱ.</summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">η, prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, DdimOptions options)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        var steps = new SamplingStep[levels.Count];
        for (var k = 0; k < steps.Length; k++)
        {
            steps[k] = Step(levels[k].Timestep, levels[k].AlphaBar, levels.AlphaBar(k + 1), options);
        }

        return new SamplingPlan($"DDIM eta={options.Eta}", levels.T, options.PredictionType, options.X0Treatment, steps) { Notes = levels.Notes };
    }

    /// <summary>The step from ᾱ_t to ᾱ_s by the network's prediction at t.</summary>
    /// <param name="t">What the network is called with.</param>
    /// <param name="alphaBarFrom">ᾱ_t in [0, 1).</param>
    /// <param name="alphaBarTo">ᾱ_s in [ᾱ_t, 1], above 0.</param>
    /// <param name="options">η, prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">ᾱ_t = 0 and the network predicts ε: x0 is undefined.</exception>
    public static SamplingStep Step(double t, double alphaBarFrom, double alphaBarTo, DdimOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(alphaBarFrom >= 0 && alphaBarFrom < 1 && alphaBarTo >= alphaBarFrom && alphaBarTo > 0 && alphaBarTo <= 1))
        {
            throw new ArgumentException(
                $"a step from alphaBar {alphaBarFrom} to {alphaBarTo}: 0 <= from < 1, from <= to <= 1 and 0 < to are needed", nameof(alphaBarFrom));
        }

        var (direction, sigma, upper) = DirectionAndSigma(alphaBarFrom, alphaBarTo, options.Eta);
        var prediction = Prediction.At(new NoiseLevel(t, alphaBarFrom), options.PredictionType, options.X0Treatment);
        return prediction.Step(alphaBarTo, x: 0, x0: Math.Sqrt(alphaBarTo), epsilon: direction) with { Sigma = sigma, UpperSigma = upper };
    }

    /// <summary>√(1-ᾱ_s-σ²) and σ of equation 12, and for a learned variance its greatest σ; both σ = 0 into the clean image.</summary>
    internal static (double Direction, double Sigma, double UpperSigma) DirectionAndSigma(double alphaBarFrom, double alphaBarTo, Eta eta)
    {
        double noiseFrom = 1 - alphaBarFrom, noiseTo = 1 - alphaBarTo;
        var ratio = alphaBarFrom / alphaBarTo;
        var added = (alphaBarTo - alphaBarFrom) / alphaBarTo; // 1 - ᾱ_t/ᾱ_s
        var sigma = eta.Value * Math.Sqrt(noiseTo / noiseFrom) * Math.Sqrt(added);

        // 1-ᾱ_s-σ² = (1-ᾱ_s)·(1-η²·(1-ᾱ_t/ᾱ_s)/(1-ᾱ_t)); as a sum of two terms that are never negative:
        var kept = ((1 - eta.Value) * (1 + eta.Value)) + (eta.Value * eta.Value * ratio * (noiseTo / noiseFrom));
        var direction = Math.Sqrt(noiseTo * kept);
        var hat = noiseTo == 0 ? 0 : Math.Sqrt(added);
        return (direction, eta.IsHat ? hat : sigma, eta.IsLearned ? hat : 0);
    }
}
