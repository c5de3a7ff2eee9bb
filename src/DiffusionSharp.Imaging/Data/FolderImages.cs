using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>The image files below a folder, in the order of their names; a folder that links lead to twice is visited once.</summary>
internal static class FolderImages
{
    /// <summary>The images of a folder, of the classes of its folders.</summary>
    public static EncodedImages Open(string root)
    {
        var list = List(root);
        return new EncodedImages(list, list.Count);
    }

    /// <summary>Lists the files. A folder that cannot be read becomes an entry that cannot be read.</summary>
    public static IReadOnlyList<RawImage> List(string root)
    {
        var files = new List<RawImage>();
        Visit(string.Empty, Canonical(Path.GetFullPath(root)), files, new HashSet<string>(StringComparer.Ordinal));
        return [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    private static void Visit(string name, string folder, List<RawImage> files, HashSet<string> visited)
    {
        if (!visited.Add(folder))
        {
            return;
        }

        try
        {
            foreach (var file in Directory.EnumerateFiles(folder).Where(RawImage.IsImageName))
            {
                files.Add(RawImage.OfFile(name + Path.GetFileName(file), file));
            }

            foreach (var child in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            {
                if (!Path.GetFileName(child).StartsWith('.'))
                {
                    Visit($"{name}{Path.GetFileName(child)}/", Canonical(child), files, visited);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            files.Add(new RawImage(name.Length == 0 ? folder : name, 0, () => throw new BadImageException($"the folder cannot be read: {e.Message}", e)));
        }
    }

    /// <summary>The path with every link in it followed, so that one folder has one name.</summary>
    private static string Canonical(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null)
        {
            return path;
        }

        var here = Path.Combine(Canonical(parent), Path.GetFileName(path));
        return new DirectoryInfo(here).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Canonical(target.FullName) : here;
    }
}
