using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Weights;

/// <summary>What the buffers of lucidrains' <c>GaussianDiffusion</c> tell: its schedule, and by the weights of its loss its objective.</summary>
internal static class LucidrainsDiffusion
{
    // The buffers were rounded to float32, and 1 - β loses digits where β is near 1.
    private const double Tolerance = 1e-3;

    private static readonly (PredictionType Prediction, Func<double, double> Divisor)[] Objectives =
    [
        (PredictionType.Epsilon, snr => snr),
        (PredictionType.Sample, _ => 1),
        (PredictionType.VPrediction, snr => snr + 1),
    ];

    /// <summary>The objective: the loss of t is weighted by min(SNR, γ) divided by SNR (noise), 1 (x0) or SNR + 1 (v), γ being infinite without min_snr_loss_weight.</summary>
    /// <param name="betas">All β.</param>
    /// <param name="lossWeight">The loss's weight at each t.</param>
    /// <returns>What the network predicts; null where the weights are none of these, or of more than one.</returns>
    public static PredictionType? Prediction(ReadOnlySpan<float> betas, ReadOnlySpan<float> lossWeight)
    {
        if (betas.Length == 0 || lossWeight.Length != betas.Length)
        {
            return null;
        }

        var snr = new double[betas.Length];
        var alphaBar = 1.0;
        for (var t = 0; t < snr.Length; t++)
        {
            alphaBar *= 1 - (double)betas[t];
            snr[t] = alphaBar / (1 - alphaBar);
        }

        var weights = lossWeight.ToArray();
        var fitting = Objectives.Where(o => Fits(o.Divisor)).ToList();
        return fitting.Count == 1 ? fitting[0].Prediction : null;

        bool Fits(Func<double, double> divisor)
        {
            var clipped = snr.Select((v, t) => weights[t] * divisor(v)).ToArray();
            var gamma = clipped.Max();
            return clipped.Zip(snr).All(c => Math.Abs(c.First - Math.Min(c.Second, gamma)) <= Tolerance * c.First);
        }
    }

    /// <summary>The scheduler: by name where the β are those of a named schedule, else with the β themselves.</summary>
    /// <param name="betas">All β, float32 as the buffer is.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <exception cref="DiffusionException">A β outside (0, 1).</exception>
    public static SchedulerConfig Scheduler(ReadOnlySpan<float> betas, PredictionType prediction)
    {
        double[] exact = [.. betas.ToArray().Select(b => (double)b)];
        var schedule = Named(exact.Length).FirstOrDefault(s => s.Betas.Zip(exact).All(b => IsRounded(b.First, b.Second))) ?? NoiseSchedule.FromBetas(exact);
        return SchedulerConfig.FromSchedule(schedule, prediction);
    }

    private static IEnumerable<NoiseSchedule> Named(int t)
    {
        if (t > 0)
        {
            yield return NoiseSchedule.Cosine(t);
            yield return NoiseSchedule.SigmoidLucidrains(t);
        }

        // Below, its last β is not below 1.
        if (t > 20)
        {
            yield return NoiseSchedule.LinearScaledT(t);
        }
    }

    // Within two units of float32's last place.
    private static bool IsRounded(double beta, double rounded) => Math.Abs(beta - rounded) <= 2 * (MathF.BitIncrement((float)rounded) - (float)rounded);
}
