namespace DiffusionSharp.Files.Storage;

/// <summary>Creates folders that are either complete or not there: filled beside the target under a temporary name, then renamed.</summary>
internal static class AtomicFolder
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
    /// Refuses a folder that holds something: what took minutes to make is not written over. (A single file is replaced.) To be asked before
    /// the work begins.
    /// </summary>
    /// <param name="path">The folder; it need not exist.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: it is not empty. <see cref="ErrorKind.Storage"/>: it is a file, or cannot be read.</exception>
    public static void RequireNew(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        const int shown = 4;
        string[] names = [];
        StorageErrors.Guard("write folder", path, () => names = File.Exists(path)
            ? throw new IOException("it is a file; name a folder")
            : Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal).Take(shown + 1)] : []);
        if (names.Length > 0)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"folder '{path}' holds {string.Join(", ", names.Take(shown))}{(names.Length > shown ? ", …" : "")} already, and a folder of results is not written over: "
                + "name another one, or delete it first");
        }
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
