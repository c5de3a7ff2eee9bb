using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// What EDM teaches a network F: at ln σ ~ N(P_mean, P_std²) the input c_in·(x0 + σ·ε), the time c_noise and the target (x0 - c_skip·(x0 + σ·ε))/c_out.
/// The weight λ(σ) = (σ²+σ_data²)/(σ·σ_data)² times c_out² is 1 (Karras et al. 2022, equation 8 and table 1).
/// </summary>
public sealed class EdmObjective : IForwardProcess
{
    private readonly EdmPreconditioning preconditioning;
    private readonly double logMean;
    private readonly double logDeviation;

    /// <summary>Creates the objective.</summary>
    /// <param name="preconditioning">σ_data.</param>
    /// <param name="logMean">P_mean of ln σ.</param>
    /// <param name="logDeviation">P_std of ln σ.</param>
    public EdmObjective(EdmPreconditioning preconditioning, double logMean = -1.2, double logDeviation = 1.2)
    {
        ArgumentNullException.ThrowIfNull(preconditioning);
        (this.preconditioning, this.logMean, this.logDeviation) = (preconditioning, logMean, logDeviation);
    }

    /// <summary>σ = e^(P_mean + P_std·z).</summary>
    /// <param name="normal">z, standard normal.</param>
    public double Sigma(double normal) => Exponential.Exp(logMean + (logDeviation * normal));

    /// <summary>Noises one image.</summary>
    /// <param name="sigma">σ.</param>
    /// <param name="x0">The clean image.</param>
    /// <param name="epsilon">Standard normal noise.</param>
    /// <param name="x">Receives the network's input.</param>
    /// <param name="target">Receives what it should return.</param>
    /// <returns>c_noise.</returns>
    public double Noise(double sigma, ReadOnlySpan<float> x0, ReadOnlySpan<float> epsilon, Span<float> x, Span<float> target)
    {
        double scale = preconditioning.In(sigma), data = preconditioning.SigmaData;
        double fromX0 = scale * sigma / data, fromEpsilon = -scale * data;
        for (var i = 0; i < x0.Length; i++)
        {
            x[i] = (float)(scale * (x0[i] + (sigma * epsilon[i])));
            target[i] = (float)((fromX0 * x0[i]) + (fromEpsilon * epsilon[i]));
        }

        return EdmPreconditioning.Noise(sigma);
    }

    /// <inheritdoc/>
    double IForwardProcess.NoiseAt(double place, ReadOnlySpan<float> x0, ReadOnlySpan<float> epsilon, Span<float> x, Span<float> target)
    {
        // 95 % of what is drawn.
        const double deviations = 2;
        return Noise(Sigma(deviations * ((2 * place) - 1)), x0, epsilon, x, target);
    }
}
