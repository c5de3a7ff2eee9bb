using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Counts what looks like pictures and is not read.</summary>
internal sealed class SkippedCounter
{
    private const int MostNames = 3;
    private readonly SortedDictionary<string, (long Count, List<string> Names)> kinds = new(StringComparer.Ordinal);

    /// <summary>What was counted, by kind.</summary>
    public IReadOnlyList<SkippedFiles> List => [.. kinds.Select(k => new SkippedFiles(k.Key, k.Value.Count, k.Value.Names))];

    /// <summary>Counts a file that is not read, if it looks like a picture or like many.</summary>
    /// <param name="name">Its name in the data set.</param>
    /// <param name="head">Reads its first bytes; called only for names without an ending.</param>
    public void Add(string name, Func<byte[]> head)
    {
        var kind = FileNames.Unread(name)
            ?? (FileNames.HasNoEnding(name) && ImageSignature.Detect(head()) is { } picture ? $"{picture} without an ending" : null);
        if (kind is null)
        {
            return;
        }

        var (count, names) = kinds.GetValueOrDefault(kind, (0, []));
        if (count < MostNames)
        {
            names.Add(name);
        }

        kinds[kind] = (count + 1, names);
    }
}
