using System.Globalization;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>
/// How much noise a step adds back: η in [0, 1] of DDIM's equation 16 (0 deterministic, 1 DDPM's ancestral sampling with the
/// posterior variance), <see cref="Hat"/>, DDPM with its larger variance, or <see cref="Learned"/>, the variance that the network predicts.
/// </summary>
public readonly record struct Eta
{
    private const string Allowed = "give a number in [0, 1], hat or learned";

    private Eta(double value, bool isHat = false, bool isLearned = false) => (Value, IsHat, IsLearned) = (value, isHat, isLearned);

    /// <summary>The paper's σ̂: the direction of η = 1, the noise √(1-ᾱ_t/ᾱ_s).</summary>
    public static Eta Hat { get; } = new(1, isHat: true);

    /// <summary>
    /// The direction of η = 1, the noise between that of η = 1 and <see cref="Hat"/>'s, as the second half of the network's channels
    /// says (Nichol and Dhariwal 2021, equation 15).
    /// </summary>
    public static Eta Learned { get; } = new(1, isLearned: true);

    /// <summary>η of the direction term; 1 for <see cref="Hat"/> and <see cref="Learned"/>.</summary>
    public double Value { get; }

    /// <summary>True for σ̂.</summary>
    public bool IsHat { get; }

    /// <summary>True for the variance that the network predicts.</summary>
    public bool IsLearned { get; }

    /// <summary>A number.</summary>
    /// <param name="eta">η in [0, 1].</param>
    /// <exception cref="DiffusionException">η is outside [0, 1].</exception>
    public static Eta FromDouble(double eta) => eta is >= 0 and <= 1
        ? new(eta)
        : throw new DiffusionException(ErrorKind.Usage, $"eta: found {eta.ToString(CultureInfo.InvariantCulture)}; {Allowed}");

    /// <summary>A number, see <see cref="FromDouble"/>.</summary>
    /// <param name="eta">η in [0, 1].</param>
    public static implicit operator Eta(double eta) => FromDouble(eta);

    /// <summary>Reads "0.5", "hat" or "learned".</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="DiffusionException">Neither a number in [0, 1] nor hat nor learned.</exception>
    public static Eta Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (trimmed.Equals("hat", StringComparison.OrdinalIgnoreCase))
        {
            return Hat;
        }

        if (trimmed.Equals("learned", StringComparison.OrdinalIgnoreCase))
        {
            return Learned;
        }

        return double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var eta)
            ? FromDouble(eta)
            : throw new DiffusionException(ErrorKind.Usage, $"eta: found '{text}'; {Allowed}");
    }

    /// <summary>The spelling <see cref="Parse"/> reads.</summary>
    public override string ToString() => IsHat ? "hat" : IsLearned ? "learned" : Value.ToString(CultureInfo.InvariantCulture);
}
