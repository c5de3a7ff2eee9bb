using System.Text;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// Writes files that are either complete or not there: beside the target under a temporary name, flushed to the disk,
/// renamed over it, and the folder flushed. A killed process can leave a <c>.NAME.XXXXXXXX.tmp</c> behind, never half a file.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; its folder is created when it does not exist.</param>
    /// <param name="write">Writes the content to a seekable stream.</param>
    /// <param name="verify">Called with the temporary file's path before the rename; an exception from it keeps the old file.</param>
    /// <exception cref="DiffusionException">The storage refused (disk full, no permission …); the old file is as it was.</exception>
    public static void Write(string path, Action<Stream> write, Action<string>? verify = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        StorageErrors.Guard("write", path, () => Replace(path, write, verify));
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The content.</param>
    /// <exception cref="DiffusionException">The storage refused; the old file is as it was.</exception>
    public static void WriteAllText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">The content.</param>
    /// <exception cref="DiffusionException">The storage refused; the old file is as it was.</exception>
    public static void WriteAllBytes(string path, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Write(path, s => s.Write(bytes));
    }

    /// <summary>A temporary name in the same folder; hidden, unique, ending in <c>.tmp</c>.</summary>
    internal static string TemporaryName(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid().ToString("N")[..8]}.tmp");

    private static void Replace(string path, Action<Stream> write, Action<string>? verify)
    {
        using var file = new PendingFile(path);
        write(file.Stream);
        file.Commit(verify);
    }
}
