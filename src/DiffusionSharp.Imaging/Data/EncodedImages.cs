namespace DiffusionSharp.Imaging.Data;

/// <summary>Images of any size that lie encoded in a data set.</summary>
/// <param name="Files">The images, one after the other.</param>
/// <param name="Total">How many, where that is known.</param>
/// <param name="ClassNames">
/// Names of the classes that <see cref="RawImage.Label"/> counts, empty without labels; null where folders or files beside the images say them.
/// </param>
internal sealed record EncodedImages(IEnumerable<RawImage> Files, long? Total, IReadOnlyList<string>? ClassNames = null)
{
    /// <summary>What was passed over; complete when all files have been read.</summary>
    public SkippedCounter Skipped { get; init; } = new();

    /// <summary>Why labels that are there make no classes.</summary>
    public string? LabelProblem { get; init; }

    /// <summary>The column they are in, of a table.</summary>
    public PictureColumn? Column { get; init; }

    /// <summary>Labels from files beside the images, complete when all files have been read; null where nobody asked for them.</summary>
    public LabelFiles? Beside { get; init; }

    /// <summary>Names of classes that have only numbers.</summary>
    public static string[] Numbers(int classes) => [.. Enumerable.Range(0, classes).Select(c => FormattableString.Invariant($"{c}"))];
}
