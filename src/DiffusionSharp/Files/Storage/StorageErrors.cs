namespace DiffusionSharp.Files.Storage;

/// <summary>Turns what the operating system says into the library's own error.</summary>
internal static class StorageErrors
{
    private const int DiskFullUnix = 28;             // ENOSPC
    private const int QuotaLinux = 122;              // EDQUOT
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int ReadOnlyUnix = 30;             // EROFS
    private const int ReadOnlyWindows = unchecked((int)0x80070013);

    public static void Guard(string verb, string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Failed(verb, path, e);
        }
    }

    public static DiffusionException Failed(string verb, string path, Exception e, ErrorKind kind = ErrorKind.Storage) =>
        new(kind, $"cannot {verb} '{path}': {Reason(e, isRead: verb.StartsWith("read", StringComparison.Ordinal))}", e);

    /// <summary>Whether there was no space left, however often the error was told on.</summary>
    public static bool IsDiskFull(Exception? e) =>
        e is not null && (e.HResult is DiskFullUnix or QuotaLinux or DiskFullWindows || IsDiskFull(e.InnerException));

    private static string Reason(Exception e, bool isRead) => e switch
    {
        _ when IsDiskFull(e) => "the disk is full; free some space and repeat (what was there before is unharmed)",
        { HResult: ReadOnlyUnix or ReadOnlyWindows } => "it is on a read-only file system; choose another path, or have it mounted writable",
        UnauthorizedAccessException => $"no permission, or it is a folder ({e.Message.TrimEnd('.')}); check its owner and mode, or choose another path",
        FileNotFoundException or DirectoryNotFoundException when !isRead => "nothing can be written there; choose another path",
        FileNotFoundException or DirectoryNotFoundException => "there is no such file or folder; check the path",
        _ => e.Message,
    };
}
