using System.Globalization;

namespace DiffusionSharp.Sampling;

/// <summary>
/// How much noise a step adds back: η in [0, 1] of DDIM's equation 16 (0 deterministic, 1 DDPM's ancestral sampling with the
/// posterior variance), or <see cref="Hat"/>, DDPM with its larger variance.
/// </summary>
public readonly record struct Eta
{
    private Eta(double value, bool isHat) => (Value, IsHat) = (value, isHat);

    /// <summary>The paper's σ̂: the direction of η = 1, the noise √(1-ᾱ_t/ᾱ_s).</summary>
    public static Eta Hat { get; } = new(1, true);

    /// <summary>η of the direction term; 1 for <see cref="Hat"/>.</summary>
    public double Value { get; }

    /// <summary>True for σ̂.</summary>
    public bool IsHat { get; }

    /// <summary>A number.</summary>
    /// <param name="eta">η in [0, 1].</param>
    /// <exception cref="DiffusionException">η is outside [0, 1].</exception>
    public static Eta Of(double eta) => eta is >= 0 and <= 1
        ? new(eta, false)
        : throw new DiffusionException(ErrorKind.Usage, $"eta: found {eta.ToString(CultureInfo.InvariantCulture)}; give a number in [0, 1] or hat");

    /// <summary>A number, see <see cref="Of"/>.</summary>
    /// <param name="eta">η in [0, 1].</param>
    public static implicit operator Eta(double eta) => Of(eta);

    /// <summary>Reads "0.5" or "hat".</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="DiffusionException">Neither a number in [0, 1] nor hat.</exception>
    public static Eta Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (trimmed.Equals("hat", StringComparison.OrdinalIgnoreCase))
        {
            return Hat;
        }

        return double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var eta)
            ? Of(eta)
            : throw new DiffusionException(ErrorKind.Usage, $"eta: found '{text}'; give a number in [0, 1] or hat");
    }

    /// <summary>The spelling <see cref="Parse"/> reads.</summary>
    public override string ToString() => IsHat ? "hat" : Value.ToString(CultureInfo.InvariantCulture);
}
