using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>What the buffers of lucidrains' <c>GaussianDiffusion</c> tell beside its schedule: by the weights of its loss its objective.</summary>
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
}
