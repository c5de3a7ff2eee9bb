namespace DiffusionSharp.Imaging.Data.Archives;

/// <summary>A file or a link in an archive.</summary>
/// <param name="Name">Its name; only a label, never a path on disk.</param>
/// <param name="Length">Bytes that the archive promises.</param>
/// <param name="Open">Opens its unpacked bytes; before the next member is asked for.</param>
internal sealed record ArchiveMember(string Name, long Length, Func<Stream> Open)
{
    /// <summary>Of a link, the name in the archive it leads to, or an empty one where it leads out of it; null for a file.</summary>
    public string? Target { get; init; }
}
