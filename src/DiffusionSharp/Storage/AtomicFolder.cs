namespace DiffusionSharp.Storage;

/// <summary>Creates folders that are either complete or not there: filled beside the target under a temporary name, then renamed.</summary>
public static class AtomicFolder
{
    /// <summary>Creates a folder.</summary>
    /// <param name="path">The folder; it must not exist (an empty one is replaced). Its parent is created when needed.</param>
    /// <param name="fill">Fills the folder whose path it is given; every file it writes must be flushed (see <see cref="AtomicFile"/>).</param>
    /// <exception cref="DiffusionException">The folder exists and is not empty, or the storage refused; nothing is left behind.</exception>
    public static void Create(string path, Action<string> fill)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(fill);
        StorageErrors.Guard("create folder", path, () => CreateNew(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), fill));
    }

    private static void CreateNew(string path, Action<string> fill)
    {
        var parent = Path.GetDirectoryName(path) ?? throw new IOException("the path is a root folder");
        Directory.CreateDirectory(parent);
        var temporary = AtomicFile.TemporaryName(path);
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            foreach (var folder in Directory.EnumerateDirectories(temporary, "*", SearchOption.AllDirectories))
            {
                DirectoryFlush.Flush(folder);
            }

            DirectoryFlush.Flush(temporary);
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: false);
            }

            Directory.Move(temporary, path);
        }
        catch
        {
            Discard(temporary);
            throw;
        }

        DirectoryFlush.Flush(parent);
    }

    private static void Discard(string temporary)
    {
        try
        {
            Directory.Delete(temporary, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }
}
