using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// Opens files to read, and nothing else: a named pipe keeps whoever opens it waiting for a writer, where no signal reaches, and a device
/// may never end. Links are followed. Looking first and opening then would leave time for another to come in between: what was opened,
/// without waiting, is looked at.
/// </summary>
public static partial class RegularFile
{
    private const int NotPermitted = 1;
    private const int NoSuchEntry = 2;
    private const int Interrupted = 4;
    private const int NoSuchDevice = 6;
    private const int AccessDenied = 13;
    private const int NotADirectory = 20;

    // O_NONBLOCK, O_CLOEXEC and O_NOCTTY; reading needs no bit of its own.
    private static readonly int OpenFlags = OperatingSystem.IsMacOS() ? 0x4 | 0x1000000 | 0x20000 : 0x800 | 0x80000 | 0x100;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <exception cref="IOException">It is not there, or no regular file; the message says what it is.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static FileStream OpenRead(string path) => new(OpenHandle(path), FileAccess.Read);

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>Opens a file to be read by position.</summary>
    public static SafeFileHandle OpenHandle(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
#pragma warning disable RS0030 // This is the one place.
            return File.OpenHandle(path);
#pragma warning restore RS0030
        }

        int descriptor;
        do
        {
            descriptor = Open(path, OpenFlags);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        var handle = descriptor < 0 ? throw Failed(path, Marshal.GetLastPInvokeError()) : new SafeFileHandle(descriptor, ownsHandle: true);
        if (Refusal(path, handle) is { } refusal)
        {
            handle.Dispose();
            throw refusal;
        }

        return handle;
    }

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>The bytes of a file; of a link, of what it leads to.</summary>
    public static long Length(string path)
    {
        using var handle = OpenHandle(path);
        return RandomAccess.GetLength(handle);
    }

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>Reads a file as text, UTF-8 where no byte order mark says otherwise.</summary>
    public static string ReadAllText(string path)
    {
        using var reader = new StreamReader(OpenRead(path));
        return reader.ReadToEnd();
    }

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>Reads a file's lines.</summary>
    public static string[] ReadAllLines(string path)
    {
        using var reader = new StreamReader(OpenRead(path));
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return [.. lines];
    }

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>Reads a file as long as it is when it is opened.</summary>
    public static byte[] ReadAllBytes(string path)
    {
        using var file = OpenRead(path);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc cref="OpenRead"/>
    /// <summary>Opens a zip archive.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ZipArchive OpenZip(string path)
    {
        var file = OpenRead(path);
        try
        {
            return new ZipArchive(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Exception? Refusal(string path, SafeFileHandle handle) => FileType.Read(handle) switch
    {
        FileType.Regular => null,
        FileType.Folder => new UnauthorizedAccessException($"'{path}' is a folder, a file is expected."),
        FileType.Pipe => Refused(path, "a pipe"),
        FileType.Socket => Refused(path, "a socket"),
        FileType.CharacterDevice or FileType.BlockDevice => Refused(path, "a device"),
        _ => Refused(path, "no regular file"),
    };

    private static IOException Refused(string path, string what) => new($"'{path}' is {what}, and only regular files are read: save what comes from it as a file.");

    private static Exception Failed(string path, int error) => error switch
    {
        NoSuchEntry when Directory.Exists(Path.GetDirectoryName(path)) => new FileNotFoundException($"Could not find file '{path}'.", path),
        NoSuchEntry or NotADirectory => new DirectoryNotFoundException($"Could not find a part of the path '{path}'."),
        AccessDenied or NotPermitted => new UnauthorizedAccessException($"Access to the path '{path}' is denied."),
        NoSuchDevice => Refused(path, "a socket, or a device that is not there"),
        _ => new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
