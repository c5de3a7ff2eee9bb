using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

/// <summary>
/// A network of EDM's preconditioning as one that predicts v: it is given x = √ᾱ·x0 + √(1-ᾱ)·ε and a timestep of the schedule, as plans have them, calls
/// the network with c_in and c_noise of σ = √((1-ᾱ)/ᾱ), and returns the v of D(x; σ) = c_skip·x + c_out·F. So every plan samples it.
/// </summary>
public sealed class EdmDenoiser : IDenoiser
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
        var elements = input.Shape.Elements;
        var (x, noise) = (new float[input.X.Length], new double[input.Count]);
        for (var i = 0; i < input.Count; i++)
        {
            var sigma = Sigma(input.Timesteps[i]);
            noise[i] = EdmPreconditioning.Noise(sigma);
            var scale = Math.Sqrt(1 + (sigma * sigma)) * preconditioning.In(sigma);
            for (var k = i * elements; k < (i + 1) * elements; k++)
            {
                x[k] = (float)(scale * input.X[k]);
            }
        }

        network.Predict(
            new DenoiserInput
            {
                Count = input.Count,
                Shape = input.Shape,
                X = x,
                Timesteps = noise,
                Labels = input.Labels,
                CancellationToken = input.CancellationToken,
            },
            prediction);
        for (var i = 0; i < input.Count; i++)
        {
            var (fromX, fromF) = V(Sigma(input.Timesteps[i]));
            for (var k = i * elements; k < (i + 1) * elements; k++)
            {
                prediction[k] = (float)((fromX * input.X[k]) + (fromF * prediction[k]));
            }
        }
    }

    // v = (√ᾱ·x - D)/√(1-ᾱ) with √ᾱ = 1/√(1+σ²): finite for any σ, and without differences of numbers near each other.
    private (double FromX, double FromF) V(double sigma)
    {
        double data = preconditioning.SigmaData * preconditioning.SigmaData, square = sigma * sigma;
        return (sigma * (1 - data) / (square + data), -preconditioning.SigmaData * Math.Sqrt((1 + square) / (square + data)));
    }

    private double Sigma(double t) => NoiseLevel.SigmaOf(schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma));
}
