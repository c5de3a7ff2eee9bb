namespace DiffusionSharp.Imaging.Data;

/// <summary>Files of a data set that look like pictures and are not read.</summary>
/// <param name="Kind">Their kind, such as "TIFF", "archive" or "PNG without an ending".</param>
/// <param name="Count">How many.</param>
/// <param name="Names">The names of the first of them.</param>
public sealed record SkippedFiles(string Kind, long Count, IReadOnlyList<string> Names)
{
    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Kind}: {Count} ({string.Join(", ", Names)}{(Count > Names.Count ? ", …" : string.Empty)})");
}
