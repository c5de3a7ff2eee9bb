namespace DiffusionSharp.Imaging.Data;

/// <summary>Images of any size that lie encoded in a data set.</summary>
/// <param name="Files">The images, one after the other.</param>
/// <param name="Total">How many, where that is known.</param>
/// <param name="ClassNames">Names of the classes that <see cref="RawImage.Label"/> counts, empty without labels; null where images are of the class of their folder.</param>
internal sealed record EncodedImages(IEnumerable<RawImage> Files, long? Total, IReadOnlyList<string>? ClassNames = null)
{
    /// <summary>The problem of labels that are all of other images.</summary>
    public const string NoLabelFits = "none is of an image that is there";

    /// <summary>What was passed over; complete when all files have been read.</summary>
    public SkippedCounter Skipped { get; init; } = new();

    /// <summary>Why labels that are there make no classes.</summary>
    public string? LabelProblem { get; init; }

    /// <summary>The column they are in, of a table.</summary>
    public PictureColumn? Column { get; init; }

    /// <summary>The class of an image; null without.</summary>
    public string? ClassOf(RawImage image) => ClassNames is null ? image.ClassName : ClassNames.Count == 0 || image.Label == ClassLabels.None ? null : ClassNames[image.Label];

    /// <summary>The classes of the images that were kept.</summary>
    /// <param name="folders">Of each image, its folder.</param>
    /// <param name="labels">Of each image, its label.</param>
    public ClassLabels Classes(IReadOnlyList<string?> folders, IReadOnlyList<int> labels)
    {
        if (ClassNames is not null)
        {
            return ClassNames.Count == 0 || labels.All(l => l == ClassLabels.None)
                ? new ClassLabels([], [], LabelProblem ?? (ClassNames.Count == 0 ? null : NoLabelFits))
                : new ClassLabels(ClassNames, [.. labels]);
        }

        if (folders.Contains(null))
        {
            return ClassLabels.Absent;
        }

        string[] names = [.. folders.Select(f => f!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new ClassLabels(names, [.. folders.Select(f => Array.BinarySearch(names, f, StringComparer.Ordinal))]);
    }

    /// <summary>Names of classes that have only numbers.</summary>
    public static string[] Numbers(int classes) => [.. Enumerable.Range(0, classes).Select(c => FormattableString.Invariant($"{c}"))];
}
