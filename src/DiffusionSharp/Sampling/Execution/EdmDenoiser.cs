using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// A network of EDM's preconditioning as one that predicts v: it is given x = √ᾱ·x0 + √(1-ᾱ)·ε and a timestep of the schedule, as plans have them, calls
/// the network with c_in and c_noise of σ = √((1-ᾱ)/ᾱ), and returns the v of D(x; σ) = c_skip·x + c_out·F. So every plan samples it.
/// </summary>
public sealed class EdmDenoiser : IDifferentiableDenoiser
{
    private readonly IDenoiser network;
    private readonly EdmPreconditioning preconditioning;
    private readonly NoiseSchedule schedule;

    /// <summary>Wraps a network, which is not disposed with this.</summary>
    /// <param name="network">F.</param>
    /// <param name="preconditioning">σ_data.</param>
    /// <param name="schedule">Tells ᾱ of timesteps, those between two levels by ln σ linear in t.</param>
    /// <exception cref="DiffusionException">ᾱ ends at 0, where σ is infinite (<see cref="ErrorKind.Configuration"/>).</exception>
    public EdmDenoiser(IDenoiser network, EdmPreconditioning preconditioning, NoiseSchedule schedule)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(preconditioning);
        ArgumentNullException.ThrowIfNull(schedule);
        if (schedule.HasZeroTerminalSnr)
        {
            throw new DiffusionException(ErrorKind.Configuration, "the schedule ends at ᾱ = 0, where EDM's sigma is infinite; use a schedule without zero terminal SNR");
        }

        (this.network, this.preconditioning, this.schedule) = (network, preconditioning, schedule);
    }

    /// <inheritdoc/>
    public int OutputChannels => network.OutputChannels;

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var sigmas = Sigmas(input.Timesteps);
        network.Predict(Asked(input, sigmas), prediction);
        ToV(sigmas, input.X, prediction);
    }

    /// <inheritdoc/>
    public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
    {
        ArgumentNullException.ThrowIfNull(cotangent);
        var (sigmas, x, elements) = (Sigmas(input.Timesteps), input.X.ToArray(), input.Shape.Elements);
        float[] v = new float[prediction.Length], slopes = new float[prediction.Length];
        Differentiable.Require(network).Differentiate(
            Asked(input, sigmas),
            prediction,
            (f, g) =>
            {
                f.CopyTo(v);
                ToV(sigmas, x, v);
                cotangent(v, slopes);
                for (var k = 0; k < g.Length; k++)
                {
                    g[k] = (float)(V(sigmas[k / elements]).FromF * slopes[k]);
                }
            },
            byX,
            byTimesteps);

        // By ln σ, on which x's scale, c_noise, and the two factors depend.
        for (var i = 0; i < byTimesteps.Length; i++)
        {
            var (sigma, dx, df, dscale) = (sigmas[i], 0.0, 0.0, 0.0);
            for (var k = i * elements; k < (i + 1) * elements; k++)
            {
                dx += (double)slopes[k] * x[k];
                df += (double)slopes[k] * prediction[k];
                dscale += (double)byX[k] * x[k];
            }

            double square = sigma * sigma, part = square / (square + DataSquare), scaled = (square / (1 + square)) - part;
            var (fromX, fromF) = V(sigma);
            byTimesteps[i] = Slope(input.Timesteps[i]) * ((fromX * (1 - (2 * part)) * dx) + (fromF * scaled * df) + (Scale(sigma) * scaled * dscale) + (byTimesteps[i] / 4));
        }

        for (var k = 0; k < byX.Length; k++)
        {
            var sigma = sigmas[k / elements];
            byX[k] = (float)((V(sigma).FromX * slopes[k]) + (Scale(sigma) * byX[k]));
        }

        v.CopyTo(prediction);
    }

    private double DataSquare => preconditioning.SigmaData * preconditioning.SigmaData;

    // What F is given for x of a plan: c_in·√(1+σ²).
    private double Scale(double sigma) => Math.Sqrt(1 + (sigma * sigma)) * preconditioning.In(sigma);

    private DenoiserInput Asked(DenoiserInput input, double[] sigmas)
    {
        var (x, elements) = (new float[input.X.Length], input.Shape.Elements);
        for (var k = 0; k < x.Length; k++)
        {
            x[k] = (float)(Scale(sigmas[k / elements]) * input.X[k]);
        }

        return new DenoiserInput
        {
            Count = input.Count,
            Shape = input.Shape,
            X = x,
            Timesteps = Array.ConvertAll(sigmas, EdmPreconditioning.Noise),
            Labels = input.Labels,
            CancellationToken = input.CancellationToken,
        };
    }

    private void ToV(double[] sigmas, ReadOnlySpan<float> x, Span<float> prediction)
    {
        var elements = x.Length / sigmas.Length;
        for (var k = 0; k < x.Length; k++)
        {
            var (fromX, fromF) = V(sigmas[k / elements]);
            prediction[k] = (float)((fromX * x[k]) + (fromF * prediction[k]));
        }
    }

    // v = (√ᾱ·x - D)/√(1-ᾱ) with √ᾱ = 1/√(1+σ²): finite for any σ, and without differences of numbers near each other.
    private (double FromX, double FromF) V(double sigma)
    {
        var square = sigma * sigma;
        return (sigma * (1 - DataSquare) / (square + DataSquare), -preconditioning.SigmaData * Math.Sqrt((1 + square) / (square + DataSquare)));
    }

    private double[] Sigmas(ReadOnlySpan<double> timesteps) => Array.ConvertAll(timesteps.ToArray(), Sigma);

    private double Sigma(double t) => NoiseLevel.SigmaOf(schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma));

    // d(ln σ)/dt, of the levels on both sides; at a level itself, of the one before.
    private double Slope(double t)
    {
        var above = Math.Clamp(Math.Ceiling(t), 1, schedule.T - 1);
        return Math.Log(Sigma(above) / Sigma(above - 1));
    }
}
