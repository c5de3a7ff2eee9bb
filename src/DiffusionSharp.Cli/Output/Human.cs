using System.Globalization;

namespace DiffusionSharp.Cli.Output;

/// <summary>Numbers for people.</summary>
internal static class Human
{
    public static string Time(TimeSpan t) => t switch
    {
        { TotalDays: >= 365 } => "over a year",
        { TotalDays: >= 1 } => FormattableString.Invariant($"{(int)t.TotalDays} d {t.Hours} h"),
        { TotalHours: >= 1 } => FormattableString.Invariant($"{t.Hours}:{t.Minutes:D2}:{t.Seconds:D2}"),
        _ => FormattableString.Invariant($"{t.Minutes}:{t.Seconds:D2}"),
    };

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => FormattableString.Invariant($"{bytes / (double)(1L << 30):F1} GiB"),
        >= 1L << 20 => FormattableString.Invariant($"{bytes / (double)(1L << 20):F0} MiB"),
        _ => FormattableString.Invariant($"{bytes / 1024.0:F0} KiB"),
    };

    public static string CountOf(long n, long? total) => total is long all ? $"{Count(n)}/{Count(all)}" : Count(n);

    /// <summary>Text from a file without what would steer a terminal: controls, line ends, changes of direction.</summary>
    public static string Plain(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) || c is (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') ? '?' : c));

    /// <summary>1 image, 2 images.</summary>
    public static string Images(long n) => Quantity(n, "image");

    /// <summary>A number of things whose name takes an s.</summary>
    public static string Quantity(long n, string thing) => $"{Count(n)} {thing}{(n == 1 ? "" : thing.EndsWith('s') ? "es" : "s")}";

    public static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
