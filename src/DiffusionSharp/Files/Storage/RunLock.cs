using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// One process at a time in a run folder: an exclusive handle on the file <c>lock</c> in it, held until disposed.
/// The system drops it when the process dies in whatever way; the file itself stays and means nothing without the handle.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const int HeldLinux = 11;                // EWOULDBLOCK
    private const int HeldMac = 35;
    private const int HeldWindows = unchecked((int)0x80070020);
    private readonly FileStream stream;

    private RunLock(FileStream stream) => this.stream = stream;

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The run folder; created when it does not exist.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.Storage"/>: another process has the lock (its id is named), or the folder cannot be written.
    /// </exception>
    public static RunLock Acquire(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, "lock");
        RunLock? result = null;
        StorageErrors.Guard("lock run folder", folder, () => result = Take(folder, path));
        return result!;
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => stream.Dispose();

    private static RunLock Take(string folder, string path)
    {
        Directory.CreateDirectory(folder);

        // Elsewhere only FileShare.None is an exclusive flock; on Windows it would keep others from reading the id.
        var share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None;
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        }
        catch (IOException e) when (e.HResult is HeldLinux or HeldMac or HeldWindows)
        {
            throw new DiffusionException(ErrorKind.Storage, Held(folder, path), e);
        }

        stream.SetLength(0);
        stream.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        stream.Flush();
        return new RunLock(stream);
    }

    private static string Held(string folder, string path)
    {
        var bytes = new byte[20];
        var length = Read(path, bytes);
        var known = int.TryParse(Encoding.ASCII.GetString(bytes, 0, length), NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        return known && !IsRunning(id)
            ? $"run folder '{folder}' is locked, but process {id}, which '{path}' names, does not run here: it may be on another machine or in another "
                + "container, or the file system has not yet noticed its end; wait, or, if nothing trains there any more, delete that file"
            : $"run folder '{folder}' is in use by {(known ? $"process {id}" : "another process")} (it holds '{path}'); wait for it, stop it, or choose another folder";
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static int Read(string path, byte[] bytes)
    {
        try
        {
            // Elsewhere .NET takes a shared flock even to read, which the owner's exclusive one refuses; RegularFile takes none.
            using var file = OperatingSystem.IsWindows()
                ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : RegularFile.OpenRead(path);
            return file.Read(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
