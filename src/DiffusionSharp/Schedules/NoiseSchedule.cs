using System.Globalization;

namespace DiffusionSharp.Schedules;

/// <summary>
/// The noise levels of the forward process q(x_t|x_0) = N(√ᾱ_t·x_0, (1-ᾱ_t)·I), with ᾱ_t = Π_{i≤t} (1-β_i)
/// (DDPM, equation 4). Immutable, float64, and determined by its β alone.
/// </summary>
public sealed partial class NoiseSchedule : IEquatable<NoiseSchedule>
{
    private readonly double[] betas;
    private readonly double[] alphaBars;

    private NoiseSchedule(double[] betas)
    {
        this.betas = betas;
        alphaBars = new double[betas.Length];
        var product = 1.0;
        for (var t = 0; t < betas.Length; t++)
        {
            var beta = betas[t];
            var last = t == betas.Length - 1;
            if (!(beta > 0 && (beta < 1 || (last && beta == 1))))
            {
                throw Invalid($"beta[{t}] = {Text(beta)}: every beta must lie in (0, 1); only the last may be 1");
            }

            var next = product * (1 - beta);
            if (!(next < product) || (next == 0 && !last))
            {
                throw Invalid($"beta[{t}] = {Text(beta)} brings alphaBar from {Text(product)} to {Text(next)}: "
                    + "alphaBar must fall at every step and stay above 0 until the last; choose other betas or fewer timesteps");
            }

            alphaBars[t] = product = next;
        }

        Betas = Array.AsReadOnly(betas);
    }

    /// <summary>The number of noise levels; timesteps are 0..T-1.</summary>
    public int T => betas.Length;

    /// <summary>β_0..β_{T-1}.</summary>
    public IReadOnlyList<double> Betas { get; }

    /// <summary>True when ᾱ_{T-1} = 0: the last level is pure noise, and ε-prediction is undefined there.</summary>
    public bool HasZeroTerminalSnr => alphaBars[^1] == 0;

    /// <summary>β_t, the variance added from level t-1 to level t.</summary>
    /// <param name="t">Timestep in [0, T-1].</param>
    /// <exception cref="ArgumentOutOfRangeException">t is outside [0, T-1].</exception>
    public double Beta(int t)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(t, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(t, T);
        return betas[t];
    }

    /// <summary>ᾱ_t; t = -1 is the clean image, where ᾱ = 1.</summary>
    /// <param name="t">Timestep in [-1, T-1].</param>
    /// <exception cref="ArgumentOutOfRangeException">t is outside [-1, T-1].</exception>
    public double AlphaBar(int t)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(t, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(t, T);
        return t < 0 ? 1 : alphaBars[t];
    }

    /// <summary>ᾱ at any real t in [0, T-1]; whole numbers give the table's value. Between levels ᾱ = 0 counts as 2⁻²⁴, or less where the level before is lower.</summary>
    /// <param name="t">Timestep in [0, T-1].</param>
    /// <param name="interpolation">Which quantity is linear between two levels.</param>
    /// <exception cref="ArgumentOutOfRangeException">t is not a number in [0, T-1].</exception>
    public double AlphaBar(double t, AlphaBarInterpolation interpolation)
    {
        if (!(t >= 0 && t <= T - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(t), t, $"t must lie in [0, {T - 1}]");
        }

        var low = (int)t;
        var fraction = t - low;
        if (fraction == 0)
        {
            return alphaBars[low];
        }

        var a = alphaBars[low];
        var b = NoiseLevel.AboveZero(alphaBars[low + 1], a);
        if (interpolation == AlphaBarInterpolation.LogAlpha)
        {
            return Math.Exp(((1 - fraction) * Math.Log(a)) + (fraction * Math.Log(b)));
        }

        // ln σ² = ln((1-ᾱ)/ᾱ), and ᾱ = 1/(1+σ²).
        var logSigma2 = ((1 - fraction) * Math.Log((1 - a) / a)) + (fraction * Math.Log((1 - b) / b));
        return 1 / (1 + Math.Exp(logSigma2));
    }

    /// <summary>
    /// The level with a given λ = ln(√ᾱ/√(1-ᾱ)), between two timesteps by λ linear in t (<see cref="AlphaBarInterpolation.LogSigma"/>).
    /// </summary>
    /// <param name="lambda">Within the λ of the schedule's last and first level; what lies outside gives the nearer of the two.</param>
    public NoiseLevel LevelAt(double lambda)
    {
        // λ falls as t rises: the last t whose λ is not below the one sought.
        int low = 0, high = T - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Lambda(middle) >= lambda ? (middle, high) : (low, middle - 1);
        }

        var before = Lambda(low);
        if (low == T - 1 || lambda >= before)
        {
            return new(low, alphaBars[low]);
        }

        var fraction = (before - lambda) / (before - Lambda(low + 1));
        return new(low + fraction, 1 / (1 + Math.Exp(-2 * lambda)));
    }

    /// <summary>λ at a timestep, finite also where ᾱ = 0.</summary>
    internal double Lambda(int t) => NoiseLevel.LambdaOf(NoiseLevel.AboveZero(alphaBars[t], t == 0 ? 1 : alphaBars[t - 1]));

    /// <inheritdoc/>
    public bool Equals(NoiseSchedule? other) => other is not null && betas.AsSpan().SequenceEqual(other.betas);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NoiseSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(T, betas[0], betas[^1], alphaBars[^1]);

    /// <summary>T, the first and last β and the last ᾱ.</summary>
    public override string ToString() => $"T = {T}, beta {Text(betas[0])} … {Text(betas[^1])}, last alphaBar {Text(alphaBars[^1])}";

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "noise schedule: " + message);

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
