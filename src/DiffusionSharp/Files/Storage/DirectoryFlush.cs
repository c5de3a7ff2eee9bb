using System.Runtime.InteropServices;

namespace DiffusionSharp.Files.Storage;

/// <summary>Makes a rename durable: flushes a folder's entries to the disk. A no-op where the system needs or offers none.</summary>
internal static partial class DirectoryFlush
{
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            return;
        }

        // Some file systems refuse to flush a folder (EINVAL): the rename is then as durable as they make it.
        _ = FileSync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
