using System.Globalization;

namespace DiffusionSharp.Training.Runs;

/// <summary>Says how a run's data differs from what it was trained on, from the fingerprints of both.</summary>
internal static class DataChange
{
    /// <summary>One line: how many images there were and are, and the fingerprints.</summary>
    /// <param name="saved">The run's.</param>
    /// <param name="now">That of the data as it is.</param>
    public static string Describe(string saved, string now)
    {
        var (before, after) = (Images(saved), Images(now));
        var how = before is null || after is null ? ""
            : before == after ? $", {before} images as before, but others or read in another way"
            : $", {before} images before and {after} now";
        return $"the data changed{how}: {saved} → {now}";
    }

    private static long? Images(string fingerprint)
    {
        var words = fingerprint.Split(' ');
        var at = Array.IndexOf(words, "images");
        return at > 0 && long.TryParse(words[at - 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }
}
