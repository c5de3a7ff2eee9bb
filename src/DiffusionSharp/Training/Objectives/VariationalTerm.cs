using DiffusionSharp.Noise;

namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// One timestep's term of the variational bound as a function of the variance a network predicts: the KL divergence of q(x_{t-1}|x_t, x_0) and the
/// network's Gaussian, and at t = 0 the negative log-likelihood of the levels 0…255 (Nichol and Dhariwal 2021, equations 4 to 8 and 15; DDPM,
/// equation 13). In bits; the mean is taken as it is, and no gradient goes through it (section 3.1 there).
/// </summary>
public readonly record struct VariationalTerm
{
    private const double Ln2 = BoxMuller.Ln2High + BoxMuller.Ln2Low;
    private const double HalfLevel = 1.0 / 255;
    private const double LeastProbability = 1e-12;

    /// <summary>What the term is multiplied by in the loss; 0 for no term.</summary>
    public double LossWeight { get; init; }

    /// <summary>The network's mean less the true one, by the error of its prediction (prediction less target).</summary>
    public double MeanFromError { get; init; }

    /// <summary>ln β̃, the logarithm of the variance at v = -1.</summary>
    public double LowerLog { get; init; }

    /// <summary>ln β, the logarithm of the variance at v = 1.</summary>
    public double UpperLog { get; init; }

    /// <summary>Whether the step ends in the image itself (t = 0).</summary>
    public bool IsLast { get; init; }

    /// <summary>Weight of x_t in x_0; at t = 0 it is needed.</summary>
    public double X0FromX { get; init; }

    /// <summary>Weight of the target in x_0.</summary>
    public double X0FromTarget { get; init; }

    /// <summary>The term of one value, and its derivative by v.</summary>
    /// <param name="v">What the network says of the variance, about -1…1: ln σ² = LowerLog·(1-f) + UpperLog·f with f = (v+1)/2.</param>
    /// <param name="error">The network's prediction less the target.</param>
    /// <param name="x0">The clean image's value, -1…1; used at t = 0 only.</param>
    public (double Bits, double Slope) At(double v, double error, double x0)
    {
        var half = 0.5 * (UpperLog - LowerLog);
        var log = LowerLog + (half * (v + 1));
        var mean = MeanFromError * error;
        var (nats, slope) = IsLast ? Decoder(log, x0, -mean) : Divergence(LowerLog, log, mean);
        return (nats / Ln2, slope * half / Ln2);
    }

    // KL(N(0, e^trueLog) | N(mean, e^log)), and its derivative by log.
    private static (double Nats, double Slope) Divergence(double trueLog, double log, double mean)
    {
        double ratio = Exponential.Exp(trueLog - log), distance = mean * mean * Exponential.Exp(-log);
        return (0.5 * (log - trueLog - 1 + ratio + distance), 0.5 * (1 - ratio - distance));
    }

    // -ln of the Gaussian's part within half a level of x0, the outermost levels reaching to infinity; with the reference's approximation of Φ.
    private static (double Nats, double Slope) Decoder(double log, double x0, double centred)
    {
        var inverse = Exponential.Exp(-0.5 * log);
        var (above, aboveSlope) = Normal(inverse * (centred + HalfLevel));
        var (below, belowSlope) = Normal(inverse * (centred - HalfLevel));
        var (part, slope) = x0 < -0.999 ? (above, aboveSlope)
            : x0 > 0.999 ? (1 - below, -belowSlope)
            : (above - below, aboveSlope - belowSlope);
        return part < LeastProbability ? (-BoxMuller.Log(LeastProbability), 0) : (-BoxMuller.Log(part), -slope / part);
    }

    // Φ(z) ≈ (1 + tanh √(2/π)(z + 0.044715z³))/2, and its derivative by ln σ², of which z is e^(-log/2) times something.
    private static (double Value, double Slope) Normal(double z)
    {
        const double root = 0.79788456080286535588, cubic = 0.044715;
        var value = 1 / (1 + Exponential.Exp(-2 * root * (z + (cubic * z * z * z))));
        var other = 1 - value;
        var density = value == 0 || other == 0 ? 0 : 2 * root * (1 + (3 * cubic * z * z)) * value * other;
        return (value, density == 0 ? 0 : -0.5 * z * density);
    }
}
