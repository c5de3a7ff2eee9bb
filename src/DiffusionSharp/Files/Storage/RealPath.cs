namespace DiffusionSharp.Files.Storage;

/// <summary>Where a path leads once its symbolic links are followed.</summary>
internal static class RealPath
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>Whether a path is a folder or lies in it, by whatever links they are named.</summary>
    /// <param name="path">A path; nothing need be there yet.</param>
    /// <param name="folder">A folder.</param>
    public static bool IsWithin(string path, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var relative = Path.GetRelativePath(Resolve(folder), Resolve(path));
        return relative == "." || !(relative == ".." || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) || Path.IsPathRooted(relative));
    }

    private static string Resolve(string path, int links = 0)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        var name = Path.Combine(Resolve(parent, links), Path.GetFileName(full));
        try
        {
            return Directory.ResolveLinkTarget(name, returnFinalTarget: true) is { } target && links < MostLinks ? Resolve(target.FullName, links + 1) : name;
        }
        catch (IOException)
        {
            // Nothing is there yet, or a circle of links, of which whoever opens it says more.
            return name;
        }
    }
}
