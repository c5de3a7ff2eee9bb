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

    /// <summary>
    /// Replaces files in an existing folder after all of them have been written beside it, so that a full disk or a failure
    /// while writing leaves it as it was. Other files in it stay.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="fill">Fills the folder whose path it is given; every file it writes must be flushed.</param>
    /// <param name="last">The name of the file that is moved last.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    internal static void Overlay(string path, Action<string> fill, string last)
    {
        StorageErrors.Guard("write folder", path, () =>
        {
            path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            var temporary = AtomicFile.TemporaryName(path);
            try
            {
                Directory.CreateDirectory(temporary);
                Fill(temporary, path, fill);
                foreach (var file in Directory.GetFiles(temporary, "*", SearchOption.AllDirectories).OrderBy(f => Path.GetFileName(f) == last))
                {
                    var target = Path.Combine(path, Path.GetRelativePath(temporary, file));
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    File.Move(file, target, overwrite: true);
                    DirectoryFlush.Flush(Path.GetDirectoryName(target)!);
                }
            }
            finally
            {
                Discard(temporary);
            }
        });
    }

    private static void CreateNew(string path, Action<string> fill)
    {
        var parent = Path.GetDirectoryName(path) ?? throw new IOException("the path is a root folder");
        Directory.CreateDirectory(parent);
        var temporary = AtomicFile.TemporaryName(path);
        try
        {
            Directory.CreateDirectory(temporary);
            Fill(temporary, path, fill);
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

    private static void Fill(string temporary, string path, Action<string> fill)
    {
        try
        {
            fill(temporary);
        }
        catch (DiffusionException e) when (e.Message.Contains(temporary, StringComparison.Ordinal))
        {
            // The user knows the folder by its own name only.
            throw new DiffusionException(e.Kind, e.Message.Replace(temporary, path, StringComparison.Ordinal), e);
        }
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
