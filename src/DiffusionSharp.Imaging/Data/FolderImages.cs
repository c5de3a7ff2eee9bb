using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Data;

/// <summary>The image files below a folder, in the order of their names; a folder that links lead to twice is visited once.</summary>
internal static class FolderImages
{
    private const long MostOfMetadata = 512L << 20;

    /// <summary>The images of a folder, of the classes of its folders.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="labels">Whether files beside the images say their classes, instead.</param>
    public static EncodedImages Open(string root, bool labels = false)
    {
        var skipped = new SkippedCounter();
        var beside = labels ? new LabelFiles(MostOfMetadata, long.MaxValue) : null;
        var list = List(root, skipped, beside);
        return new EncodedImages(list, list.Count) { Skipped = skipped, Beside = beside };
    }

    /// <summary>Lists the files. A folder that cannot be read becomes an entry that cannot be read.</summary>
    private static IReadOnlyList<RawImage> List(string root, SkippedCounter skipped, LabelFiles? beside)
    {
        var files = new List<RawImage>();
        Visit(string.Empty, Canonical(Path.GetFullPath(root)), files, skipped, beside, new HashSet<string>(StringComparer.Ordinal));
        return [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    private static void Visit(string name, string folder, List<RawImage> files, SkippedCounter skipped, LabelFiles? beside, HashSet<string> visited)
    {
        if (!visited.Add(folder))
        {
            return;
        }

        try
        {
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                if (ContactSheet.Is(file))
                {
                    continue;
                }

                if (FileNames.IsImage(file))
                {
                    files.Add(RawImage.FromFile(name + Path.GetFileName(file), file));
                }
                else if (beside is not null && LabelFiles.Wants(Path.GetFileName(file)))
                {
                    beside.Add(name + Path.GetFileName(file), () => RegularFile.OpenRead(file));
                }
                else
                {
                    skipped.Add(name + Path.GetFileName(file), () => Head(file));
                }
            }

            foreach (var child in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            {
                if (!FileNames.IsHidden(Path.GetFileName(child)))
                {
                    Visit($"{name}{Path.GetFileName(child)}/", Canonical(child), files, skipped, beside, visited);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            files.Add(RawImage.Unusable(name.Length == 0 ? folder : name, $"the folder cannot be read: {e.Message}"));
        }
    }

    private static byte[] Head(string path)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            return BoundedRead.Head(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
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
