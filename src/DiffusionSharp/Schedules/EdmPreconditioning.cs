using DiffusionSharp.Noise;

namespace DiffusionSharp.Schedules;

/// <summary>
/// How EDM wraps a network F: D(x; σ) = c_skip·x + c_out·F(c_in·x; c_noise) is the clean image of x = x0 + σ·n (Karras et al. 2022, equation 7 and
/// table 1), and the range of σ it is sampled over.
/// </summary>
public sealed record EdmPreconditioning
{
    private const double Rho = 7;

    /// <summary>The standard deviation of the data.</summary>
    public double SigmaData { get; init; } = 0.5;

    /// <summary>The least σ of sampling.</summary>
    public double SigmaMin { get; init; } = 0.002;

    /// <summary>The largest σ of sampling.</summary>
    public double SigmaMax { get; init; } = 80;

    /// <summary>c_skip = σ_data²/(σ²+σ_data²).</summary>
    /// <param name="sigma">σ.</param>
    public double Skip(double sigma) => SigmaData * SigmaData / Square(sigma);

    /// <summary>c_out = σ·σ_data/√(σ²+σ_data²).</summary>
    /// <param name="sigma">σ.</param>
    public double Out(double sigma) => sigma * SigmaData / Math.Sqrt(Square(sigma));

    /// <summary>c_in = 1/√(σ²+σ_data²).</summary>
    /// <param name="sigma">σ.</param>
    public double In(double sigma) => 1 / Math.Sqrt(Square(sigma));

    /// <summary>c_noise = ln(σ)/4, which takes the place of the timestep.</summary>
    /// <param name="sigma">σ, above 0.</param>
    public static double Noise(double sigma) => BoxMuller.Log(sigma) / 4;

    /// <summary>
    /// σ as a noise schedule: T levels with σ^(1/7) evenly spaced from <see cref="SigmaMin"/> to <see cref="SigmaMax"/> (equation 5), ᾱ = 1/(1+σ²).
    /// </summary>
    /// <param name="T">Number of levels, at least 2.</param>
    /// <exception cref="DiffusionException">The numbers are not positive, or in another order, or T is too small or too large.</exception>
    public NoiseSchedule Schedule(int T)
    {
        if (!(SigmaData > 0 && SigmaMin > 0 && SigmaMax > SigmaMin && double.IsFinite(SigmaData) && double.IsFinite(SigmaMax)) || T is < 2 or > NoiseSchedule.MostTimesteps)
        {
            throw new DiffusionException(
                ErrorKind.Configuration, FormattableString.Invariant($"EDM with sigma_data {SigmaData} and {T} levels of sigma from {SigmaMin} to {SigmaMax}: ")
                + $"0 < sigma_min < sigma_max, sigma_data above 0 and 2 to {NoiseSchedule.MostTimesteps} levels are expected");
        }

        double first = Math.Pow(SigmaMin, 1 / Rho), last = Math.Pow(SigmaMax, 1 / Rho);
        var betas = new double[T];
        var before = 0.0;
        for (var t = 0; t < T; t++)
        {
            // 1 - ᾱ_t/ᾱ_{t-1}, without the difference of numbers near 1.
            var sigma = Math.Pow(first + ((last - first) * t / (T - 1)), Rho);
            betas[t] = ((sigma * sigma) - (before * before)) / (1 + (sigma * sigma));
            before = sigma;
        }

        return NoiseSchedule.FromBetas(betas);
    }

    private double Square(double sigma) => (sigma * sigma) + (SigmaData * SigmaData);
}
