using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// What a network is taught: the noisy image q(x_t | x_0) (DDPM, equation 4), the target that its prediction type
/// names, and the weight of the loss at t.
/// </summary>
public sealed class DiffusionObjective : IForwardProcess
{
    private readonly NoiseSchedule schedule;
    private readonly double? minSnrGamma;
    private readonly double? varianceWeight;

    /// <summary>Creates the objective.</summary>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="predictionType">What the network predicts.</param>
    /// <param name="minSnrGamma">γ of min-SNR weighting (Hang et al. 2023, section 3.4), or null for the simple loss.</param>
    /// <param name="varianceWeight">λ of the hybrid loss L_simple + λ·L_vlb for a network that predicts its variance, or null for one that does not.</param>
    public DiffusionObjective(
        NoiseSchedule schedule, PredictionType predictionType = PredictionType.Epsilon, double? minSnrGamma = null, double? varianceWeight = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        if (minSnrGamma is { } gamma && !(gamma > 0 && double.IsFinite(gamma)))
        {
            throw new DiffusionException(ErrorKind.Configuration, $"min-SNR gamma is {minSnrGamma}; it must be positive (5 is usual)");
        }

        if (predictionType == PredictionType.Epsilon && schedule.AlphaBar(schedule.T - 1) == 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, "the schedule ends at ᾱ = 0, where predicting the noise teaches nothing; predict v or x0 instead");
        }

        this.schedule = schedule;
        this.minSnrGamma = minSnrGamma;
        this.varianceWeight = varianceWeight;
        PredictionType = predictionType;
    }

    /// <summary>Number of timesteps T.</summary>
    public int T => schedule.T;

    /// <summary>What the network predicts.</summary>
    public PredictionType PredictionType { get; }

    /// <summary>Noises one image: x_t = √ᾱ·x0 + √(1-ᾱ)·ε, and the target ε, x0 or v = √ᾱ·ε - √(1-ᾱ)·x0.</summary>
    /// <param name="t">The timestep, 0…T-1.</param>
    /// <param name="x0">The clean image in [-1, 1].</param>
    /// <param name="epsilon">Standard normal noise.</param>
    /// <param name="xt">Receives x_t.</param>
    /// <param name="target">Receives the target.</param>
    public void Noise(int t, ReadOnlySpan<float> x0, ReadOnlySpan<float> epsilon, Span<float> xt, Span<float> target)
    {
        var alphaBar = schedule.AlphaBar(t);
        var (signal, noise) = (Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        var (targetX0, targetEpsilon) = PredictionType switch
        {
            PredictionType.Epsilon => (0.0, 1.0),
            PredictionType.Sample => (1.0, 0.0),
            PredictionType.VPrediction => (-noise, signal),
            _ => throw new InvalidOperationException($"prediction type {PredictionType}"),
        };
        for (var i = 0; i < x0.Length; i++)
        {
            xt[i] = (float)((signal * x0[i]) + (noise * epsilon[i]));
            target[i] = (float)((targetX0 * x0[i]) + (targetEpsilon * epsilon[i]));
        }
    }

    /// <inheritdoc/>
    double IForwardProcess.NoiseAt(double place, ReadOnlySpan<float> x0, ReadOnlySpan<float> epsilon, Span<float> x, Span<float> target)
    {
        var t = (int)(place * T);
        Noise(t, x0, epsilon, x, target);
        return t;
    }

    /// <summary>The weight of the loss at t: 1, or min(SNR, γ) divided by what the prediction type already weighs by.</summary>
    /// <param name="t">The timestep, 0…T-1.</param>
    public double LossWeight(int t)
    {
        if (minSnrGamma is not double gamma)
        {
            return 1;
        }

        var alphaBar = schedule.AlphaBar(t);
        var snr = alphaBar / (1 - alphaBar);
        return PredictionType switch
        {
            PredictionType.Epsilon => Math.Min(snr, gamma) / snr,
            PredictionType.Sample => Math.Min(snr, gamma),
            _ => Math.Min(snr, gamma) / (snr + 1),
        };
    }

    /// <summary>
    /// The term of the variational bound at t (Nichol and Dhariwal 2021, equation 16): its weight is λ·T, since L_vlb is the sum over all t; 0 for a
    /// network that does not predict its variance.
    /// </summary>
    /// <param name="t">The timestep, 0…T-1.</param>
    public VariationalTerm Term(int t)
    {
        if (varianceWeight is not double weight)
        {
            return default;
        }

        double alphaBar = schedule.AlphaBar(t), before = schedule.AlphaBar(t - 1), beta = schedule.Beta(t);
        double signal = Math.Sqrt(alphaBar), noise = Math.Sqrt(1 - alphaBar);
        var (fromX, fromTarget) = PredictionType switch
        {
            PredictionType.Epsilon => (1 / signal, -noise / signal),
            PredictionType.Sample => (0, 1),
            _ => (signal, -noise),
        };

        // β̃_0 is 0: that of t = 1 takes its place, as in the reference.
        var t1 = Math.Min(Math.Max(t, 1), T - 1);
        var lower = t1 == 0 ? beta : schedule.Beta(t1) * (1 - schedule.AlphaBar(t1 - 1)) / (1 - schedule.AlphaBar(t1));
        return new VariationalTerm
        {
            LossWeight = weight * T,
            MeanFromError = beta * Math.Sqrt(before) / (1 - alphaBar) * fromTarget,
            LowerLog = BoxMuller.Log(lower),
            UpperLog = BoxMuller.Log(beta),
            IsLast = t == 0,
            X0FromX = fromX,
            X0FromTarget = fromTarget,
        };
    }
}
