namespace DiffusionSharp.Storage;

/// <summary>Turns what the operating system says into the library's own error.</summary>
internal static class StorageErrors
{
    private const int DiskFullUnix = 28;             // ENOSPC
    private const int QuotaLinux = 122;              // EDQUOT
    private const int DiskFullWindows = unchecked((int)0x80070070);

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
        new(kind, $"cannot {verb} '{path}': {Reason(e)}", e);

    private static string Reason(Exception e) => e switch
    {
        { HResult: DiskFullUnix or QuotaLinux or DiskFullWindows } => "the disk is full; free some space and repeat (what was there before is unharmed)",
        UnauthorizedAccessException => $"no permission, or it is a folder ({e.Message.TrimEnd('.')}); check its owner and mode, or choose another path",
        FileNotFoundException or DirectoryNotFoundException => "there is no such file or folder; check the path",
        _ => e.Message,
    };
}
