using System.Globalization;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Numbers inside names of parameters.</summary>
internal static class Parsed
{
    // Far more blocks than any network has; what is counted is gone through block by block.
    private const int Most = 1000;

    /// <summary>An index.</summary>
    public static int Index(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>
    /// How many there are of <c>prefix0suffix</c>, <c>prefix1suffix</c>, …: the first number without such a name, or 1000.
    /// </summary>
    public static int Count<T>(IReadOnlyDictionary<string, T> names, string prefix, string suffix, int first = 0)
    {
        var n = first;
        while (n < Most && names.ContainsKey($"{prefix}{n}{suffix}"))
        {
            n++;
        }

        return n;
    }
}
