using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>The classes that the folders of images make.</summary>
internal sealed class FolderClasses
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<(string[] Path, string? Innermost)> folders = [];
    private readonly List<int> images = [];

    /// <summary>Adds an image.</summary>
    public void Add(RawImage file)
    {
        var folder = file.Name[..(file.Name.LastIndexOfAny(['/', '\\']) + 1)];
        if (!places.TryGetValue(folder, out var place))
        {
            place = places[folder] = folders.Count;
            folders.Add((ArchiveLinks.Normal(folder.Replace('\\', '/')).Split('/', StringSplitOptions.RemoveEmptyEntries), file.ClassName));
        }

        images.Add(place);
    }

    /// <summary>The classes; none where an image lies in no folder.</summary>
    /// <param name="top">By the outermost folder instead of the innermost.</param>
    public ClassLabels Complete(bool top)
    {
        var first = top ? Common() : 0;
        string?[] found = [.. folders.Select(f => top ? f.Path.ElementAtOrDefault(first) : f.Innermost)];
        if (found.Length == 0 || found.Contains(null))
        {
            return ClassLabels.Absent;
        }

        string[] names = [.. found.Select(f => f!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int[] numbers = [.. found.Select(f => Array.BinarySearch(names, f, StringComparer.Ordinal))];
        return new ClassLabels(names, [.. images.Select(i => numbers[i])]) { Note = top ? null : Merged() };
    }

    /// <summary>How many folders hold all images, one in the other, above those that tell them apart.</summary>
    private int Common()
    {
        var depth = 0;
        while (folders.Count > 0 && folders.All(f => f.Path.Length > depth + 1 && f.Path[depth] == folders[0].Path[depth]))
        {
            depth++;
        }

        return depth;
    }

    private string? Merged()
    {
        const int shown = 3;
        var merged = folders.Select(f => (f.Innermost, Path: string.Join('/', f.Path))).Distinct().GroupBy(f => f.Innermost, f => f.Path)
            .Where(g => g.Count() > 1).OrderBy(g => g.Key, StringComparer.Ordinal).ToArray();
        if (merged.Length == 0)
        {
            return null;
        }

        string[] paths = [.. merged[0].Order(StringComparer.Ordinal)];
        var list = string.Join(", ", paths.Take(shown)) + (paths.Length > shown ? ", …" : "");
        var others = merged.Length == 1 ? "" : FormattableString.Invariant($", and {merged.Length - 1} more are of several");
        return $"the class {merged[0].Key} is of {paths.Length} folders, {list}{others}; top-folders as classes takes the outermost ones instead";
    }
}
