using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>
/// x0 and ε at one level, as linear functions of x, the network's output m and the treated x0: what every solver starts from.
/// x0 = X0FromX·x + X0FromM·m before its treatment; ε = EpsilonFromX·x + EpsilonFromM·m + EpsilonFromX0·x0.
/// </summary>
internal readonly record struct Prediction
{
    private NoiseLevel Level { get; init; }

    private double X0FromX { get; init; }

    private double X0FromM { get; init; }

    private double EpsilonFromX { get; init; }

    private double EpsilonFromM { get; init; }

    private double EpsilonFromX0 { get; init; }

    /// <summary>What a network's output says at a level.</summary>
    /// <param name="level">Where the network is called.</param>
    /// <param name="type">What it returns.</param>
    /// <param name="treatment">What is done to x0, which decides whose ε is followed.</param>
    /// <exception cref="DiffusionException">ᾱ = 0 and the network predicts ε: x0 is undefined.</exception>
    public static Prediction At(NoiseLevel level, PredictionType type, X0Treatment treatment)
    {
        double a = Math.Sqrt(level.AlphaBar), b = Math.Sqrt(1 - level.AlphaBar);
        var (x0FromX, x0FromM) = X0Coefficients(level.Timestep, a, b, type);
        var (epsilonFromX, epsilonFromM, epsilonFromX0) = treatment is { Kind: not X0TreatmentKind.None, KeepsEpsilon: false }
            ? (1 / b, 0, -a / b)
            : NetworkEpsilon(a, b, type);
        return new Prediction
        {
            Level = level,
            X0FromX = x0FromX,
            X0FromM = x0FromM,
            EpsilonFromX = epsilonFromX,
            EpsilonFromM = epsilonFromM,
            EpsilonFromX0 = epsilonFromX0,
        };
    }

    /// <summary>The step x' = x·x + x0·x0 + epsilon·ε.</summary>
    /// <param name="alphaBarTo">ᾱ of x'.</param>
    /// <param name="x">Coefficient of x.</param>
    /// <param name="x0">Coefficient of the treated x0.</param>
    /// <param name="epsilon">Coefficient of ε.</param>
    public SamplingStep Step(double alphaBarTo, double x, double x0, double epsilon) => new()
    {
        Timestep = Level.Timestep,
        AlphaBarFrom = Level.AlphaBar,
        AlphaBarTo = alphaBarTo,
        X0FromX = X0FromX,
        X0FromM = X0FromM,
        X = x + (epsilon * EpsilonFromX),
        M = epsilon * EpsilonFromM,
        X0 = x0 + (epsilon * EpsilonFromX0),
    };

    /// <summary>The step, with d = ε kept for later steps (d = x0 is KeptX0 = 1).</summary>
    public SamplingStep KeepEpsilon(SamplingStep step) => step with { KeptX = EpsilonFromX, KeptM = EpsilonFromM, KeptX0 = EpsilonFromX0 };

    private static (double X, double M) X0Coefficients(double t, double a, double b, PredictionType type) => type switch
    {
        PredictionType.Epsilon when a == 0 => throw new DiffusionException(
            ErrorKind.Configuration,
            $"sampling plan: alphaBar is 0 at t = {t}, where a network that predicts epsilon says nothing about x0: "
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
}
