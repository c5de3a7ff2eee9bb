namespace DiffusionSharp.Files.Storage;

/// <summary>
/// A file that is written part by part, and there only when it is complete: beside the target under a temporary name until it is committed,
/// then flushed to the disk, renamed over it, and the folder flushed. Disposed of before that, it leaves what was there before.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string path;
    private readonly string? temporary;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file; its folder is created when it does not exist.</param>
    public PendingFile(string path)
    {
        this.path = Path.GetFullPath(path);
        if (IsDevice(this.path))
        {
            // A rename would replace /dev/null itself.
            Stream = new FileStream(this.path, FileMode.Open, FileAccess.Write);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(this.path) ?? throw new IOException("the path is a root folder, not a file"));
        temporary = AtomicFile.TemporaryName(this.path);
        Stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
    }

    /// <summary>Takes the content; seekable, but for a device.</summary>
    public FileStream Stream { get; }

    /// <summary>Puts the file where it belongs.</summary>
    /// <param name="verify">Called with the temporary file's path before the rename; an exception from it keeps the old file.</param>
    public void Commit(Action<string>? verify = null)
    {
        if (temporary is null)
        {
            Stream.Dispose();
            return;
        }

        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        verify?.Invoke(temporary);
        File.Move(temporary, path, overwrite: true);
        DirectoryFlush.Flush(Path.GetDirectoryName(path)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Stream.Dispose();
            if (temporary is not null)
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }

    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal)
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal) && File.Exists(path);
}
