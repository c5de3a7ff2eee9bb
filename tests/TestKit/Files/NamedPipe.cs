using System.Runtime.InteropServices;

namespace TestKit.Files;

/// <summary>A FIFO, which keeps whoever opens it waiting for somebody at the other end.</summary>
public static partial class NamedPipe
{
    private const uint OwnersOnly = 0x180;

    /// <summary>Makes one.</summary>
    public static string Create(string path) => MakeFifo(path, OwnersOnly) == 0
        ? path
        : throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");

    /// <summary>Runs what could wait forever; a minute is an error.</summary>
    public static void InTime(Action action) => Task.Run(action).WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
