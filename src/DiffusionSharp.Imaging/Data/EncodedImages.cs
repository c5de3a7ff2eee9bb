namespace DiffusionSharp.Imaging.Data;

/// <summary>Images of any size that lie encoded in a data set.</summary>
/// <param name="Files">The images, one after the other.</param>
/// <param name="Total">How many, where that is known.</param>
/// <param name="ClassNames">Names of the classes that <see cref="RawImage.Label"/> counts, empty without labels; null where images are of the class of their folder.</param>
internal sealed record EncodedImages(IEnumerable<RawImage> Files, long? Total, IReadOnlyList<string>? ClassNames = null)
{
    /// <summary>What was passed over; complete when all files have been read.</summary>
    public SkippedCounter Skipped { get; init; } = new();

    /// <summary>The class of an image; null without.</summary>
    public string? ClassOf(RawImage image) => ClassNames is null ? image.ClassName : ClassNames.Count == 0 ? null : ClassNames[image.Label];

    /// <summary>Names and labels of the images that were kept.</summary>
    /// <param name="folders">Of each image, its folder.</param>
    /// <param name="labels">Of each image, its label.</param>
    public (IReadOnlyList<string> Names, int[] Labels) Classes(IReadOnlyList<string?> folders, IReadOnlyList<int> labels)
    {
        if (ClassNames is not null)
        {
            return (ClassNames, ClassNames.Count == 0 ? [] : [.. labels]);
        }

        if (folders.Contains(null))
        {
            return ([], []);
        }

        string[] names = [.. folders.Select(f => f!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return (names, [.. folders.Select(f => Array.BinarySearch(names, f, StringComparer.Ordinal))]);
    }

    /// <summary>Names of classes that have only numbers.</summary>
    public static string[] Numbers(int classes) => [.. Enumerable.Range(0, classes).Select(c => FormattableString.Invariant($"{c}"))];
}
