namespace DiffusionSharp.Imaging.Data;

/// <summary>What <see cref="DataCheck"/> found.</summary>
/// <param name="Path">The data.</param>
/// <param name="Kind">The name of its format (<see cref="DataFormat.All"/>).</param>
/// <param name="Images">Usable images; the nominal epoch of an endless set.</param>
/// <param name="Bad">The others, with reasons.</param>
/// <param name="Formats">Usable images per file format.</param>
/// <param name="Classes">Usable images per class; empty without labels.</param>
/// <param name="Sizes">Usable images per size, "width×height", most frequent first.</param>
public sealed record DataReport(
    string Path,
    string Kind,
    long Images,
    IReadOnlyList<BadFile> Bad,
    IReadOnlyDictionary<string, long> Formats,
    IReadOnlyDictionary<string, long> Classes,
    IReadOnlyList<KeyValuePair<string, long>> Sizes)
{
    /// <summary>Files that look like pictures and are not read, by kind.</summary>
    public IReadOnlyList<SkippedFiles> Skipped { get; init; } = [];

    /// <summary>The column the images are in; null where there are no columns.</summary>
    public PictureColumn? Column { get; init; }

    /// <summary>Usable images without a label, in a set whose others have one.</summary>
    public long Unlabelled { get; init; }

    /// <summary>Why labels that are there make no classes; null where they do, and where there are none.</summary>
    public string? LabelProblem { get; init; }

    /// <summary>What is worth knowing of the classes, such as folders of one name that are one class; null for nothing.</summary>
    public string? ClassNote { get; init; }

    /// <summary>Usable images that are the first frame of an animation.</summary>
    public long Animated { get; init; }

    /// <summary>Bad files as a part of all, 0…1.</summary>
    public double BadFraction => Images + Bad.Count == 0 ? 0 : (double)Bad.Count / (Images + Bad.Count);
}
