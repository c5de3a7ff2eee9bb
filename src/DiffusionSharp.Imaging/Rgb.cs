using System.Globalization;

namespace DiffusionSharp.Imaging;

/// <summary>A colour, 0…255 per channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>Reads <c>#RRGGBB</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="DiffusionException">It is something else (<see cref="ErrorKind.Usage"/>).</exception>
    public static Rgb Parse(string text) =>
        text is ['#', .. { Length: 6 } digits] && uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? new Rgb((byte)(bits >> 16), (byte)(bits >> 8), (byte)bits)
            : throw new DiffusionException(ErrorKind.Usage, $"colour '{text}' found, #RRGGBB expected, such as #FFFFFF for white");

    /// <summary><c>#RRGGBB</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"#{R:X2}{G:X2}{B:X2}");
}
