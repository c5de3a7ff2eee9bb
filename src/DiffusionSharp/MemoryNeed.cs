using System.Globalization;

namespace DiffusionSharp;

/// <summary>
/// Says no, with the numbers, before anything is allocated that is more than there is. Sizes are doubles: no product of them overflows.
/// </summary>
public static class MemoryNeed
{
    private const double Gibibyte = 1 << 30;

    /// <summary>The length of an array.</summary>
    /// <param name="values">How many values it would have.</param>
    /// <param name="what">What it would hold.</param>
    /// <param name="advice">What to do about too many of them.</param>
    /// <param name="kind">Whose fault too many are.</param>
    /// <exception cref="DiffusionException">No array is that long.</exception>
    public static int Length(double values, string what, string advice, ErrorKind kind = ErrorKind.Usage) => values <= Array.MaxLength
        ? (int)values
        : throw new DiffusionException(kind, Text($"{what} would be {values:N0} values, and an array holds {Array.MaxLength:N0} at most; {advice}"));

    /// <summary>Makes sure of memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="what">What it is for.</param>
    /// <param name="advice">What to do where there is less.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Device"/>: there is less.</exception>
    public static void Require(double bytes, string what, string advice) => Require(bytes, what, advice, AvailableMemory.Bytes);

    internal static void Require(double bytes, string what, string advice, Func<long> available)
    {
        // What is little needs no look at the machine.
        if (bytes > Gibibyte / 16 && available() is var left && bytes > left)
        {
            throw new DiffusionException(
                ErrorKind.Device, Text($"{what} need {bytes / Gibibyte:N1} GiB of memory, and {left / Gibibyte:N1} GiB are available; {advice}"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
