using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

/// <summary>
/// Plans of the DDIM family (Song et al. 2021, equations 12 and 16) on any list of timesteps.
/// DDPM's ancestral sampling is η = 1 (variance β̃) or η = hat (variance 1-ᾱ_t/ᾱ_s) of the same family.
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
        RequireSameT(schedule, timesteps);
        options ??= new DdimOptions();
        var final = CleanEnd(schedule, options.FinalAlphaBar);
        var steps = new SamplingStep[timesteps.Count];
        for (var k = 0; k < steps.Length; k++)
        {
            var to = k + 1 < steps.Length ? schedule.AlphaBar(timesteps[k + 1]) : final;
            steps[k] = Step(timesteps[k], schedule.AlphaBar(timesteps[k]), to, options);
        }

        return new SamplingPlan($"DDIM eta={options.Eta}", schedule.T, options.PredictionType, options.X0Treatment, steps)
        {
            Notes = [.. timesteps.Notes, .. StartNote(schedule, timesteps[0])],
        };
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

        var (direction, sigma) = DirectionAndSigma(alphaBarFrom, alphaBarTo, options.Eta);
        return Move(t, alphaBarFrom, alphaBarTo, direction, sigma, options.PredictionType, options.X0Treatment);
    }

    /// <summary>x' = √ᾱ_to·x0 + direction·ε + σ·z, with x0 and ε by the network's prediction for x; up or down in noise.</summary>
    internal static SamplingStep Move(
        double t, double alphaBarFrom, double alphaBarTo, double direction, double sigma, PredictionType type, X0Treatment treatment)
    {
        double a = Math.Sqrt(alphaBarFrom), b = Math.Sqrt(1 - alphaBarFrom);
        var (x0FromX, x0FromM) = X0Coefficients(t, a, b, type);
        var (epsilonFromX, epsilonFromM, epsilonFromX0) = treatment is { Kind: not X0TreatmentKind.None, KeepsEpsilon: false }
            ? (1 / b, 0, -a / b)
            : NetworkEpsilon(a, b, type);
        return new SamplingStep
        {
            Timestep = t,
            AlphaBarFrom = alphaBarFrom,
            AlphaBarTo = alphaBarTo,
            X0FromX = x0FromX,
            X0FromM = x0FromM,
            X = direction * epsilonFromX,
            M = direction * epsilonFromM,
            X0 = Math.Sqrt(alphaBarTo) + (direction * epsilonFromX0),
            Sigma = sigma,
        };
    }

    /// <summary>ᾱ where a chain ends or an encoding begins.</summary>
    internal static double CleanEnd(NoiseSchedule schedule, FinalAlphaBar final) => final == FinalAlphaBar.One ? 1 : schedule.AlphaBar(0);

    internal static void RequireSameT(NoiseSchedule schedule, Timesteps timesteps)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(timesteps);
        if (schedule.T != timesteps.T)
        {
            throw Invalid($"the timesteps are made for T = {timesteps.T}, the noise schedule has T = {schedule.T}");
        }
    }

    /// <summary>√(1-ᾱ_s-σ²) and σ of equation 12; σ = 0 into the clean image.</summary>
    internal static (double Direction, double Sigma) DirectionAndSigma(double alphaBarFrom, double alphaBarTo, Eta eta)
    {
        double noiseFrom = 1 - alphaBarFrom, noiseTo = 1 - alphaBarTo;
        var ratio = alphaBarFrom / alphaBarTo;
        var added = (alphaBarTo - alphaBarFrom) / alphaBarTo; // 1 - ᾱ_t/ᾱ_s
        var sigma = eta.Value * Math.Sqrt(noiseTo / noiseFrom) * Math.Sqrt(added);

        // 1-ᾱ_s-σ² = (1-ᾱ_s)·(1-η²·(1-ᾱ_t/ᾱ_s)/(1-ᾱ_t)); as a sum of two terms that are never negative:
        var kept = ((1 - eta.Value) * (1 + eta.Value)) + (eta.Value * eta.Value * ratio * (noiseTo / noiseFrom));
        var direction = Math.Sqrt(noiseTo * kept);
        return (direction, noiseTo == 0 ? 0 : eta.IsHat ? Math.Sqrt(added) : sigma);
    }

    private static (double X, double M) X0Coefficients(double t, double a, double b, PredictionType type) => type switch
    {
        PredictionType.Epsilon when a == 0 => throw Invalid(
            $"alphaBar is 0 at t = {t}, where a network that predicts epsilon says nothing about x0: "
            + "use a network that predicts x0 or v, a schedule without zero terminal SNR, or timesteps that start lower"),
        PredictionType.Epsilon => (1 / a, -b / a),
        PredictionType.Sample => (0, 1),
        PredictionType.VPrediction => (a, -b),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    // ε of x and m, without using x0: ε = m; (x-√ᾱ·m)/√(1-ᾱ); √ᾱ·m+√(1-ᾱ)·x.
    private static (double X, double M, double X0) NetworkEpsilon(double a, double b, PredictionType type) => type switch
    {
        PredictionType.Epsilon => (0, 1, 0),
        PredictionType.Sample => (1 / b, -a / b, 0),
        _ => (b, a, 0),
    };

    private static IEnumerable<string> StartNote(NoiseSchedule schedule, int start)
    {
        var alphaBar = schedule.AlphaBar(start);
        if (schedule.T - 1 - start > schedule.T / 20 && alphaBar > 1e-3)
        {
            yield return $"the chain starts at t = {start}, well below T-1 = {schedule.T - 1}, where alphaBar = {alphaBar:G3} is not about 0: "
                + "an x_T of pure noise is not what the network saw there";
        }
    }

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "sampling plan: " + message);
}
