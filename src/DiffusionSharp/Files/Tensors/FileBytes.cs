using DiffusionSharp.Files.Storage;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Files.Tensors;

/// <summary>
/// An open file read by position, so that a file cut off meanwhile is an error and not the end of the process (as it would be
/// through a memory map); or bytes in memory that stand for one. Safe for concurrent readers.
/// </summary>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle? handle;
    private readonly ReadOnlyMemory<byte> memory;

    private FileBytes(string path, SafeFileHandle handle) => (Path, this.handle, Length) = (path, handle, RandomAccess.GetLength(handle));

    private FileBytes(string path, ReadOnlyMemory<byte> memory, bool isPart) => (Path, this.memory, Length, IsPart) = (path, memory, memory.Length, isPart);

    public string Path { get; }

    public long Length { get; }

    /// <summary>Whether it is something decoded from another file, and no file of its own.</summary>
    public bool IsPart { get; }

    public static FileBytes Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = RegularFile.OpenHandle(path);
            return new FileBytes(path, handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw StorageErrors.Failed("read model file", path, e, ErrorKind.ModelFile);
        }
    }

    /// <summary>Bytes that are in memory already.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isPart">They were decoded from the file of that path.</param>
    public static FileBytes FromMemory(string path, ReadOnlyMemory<byte> bytes, bool isPart = false) => new(path, bytes, isPart);

    /// <summary>Fills the destination; false when the file ends before.</summary>
    public bool TryRead(Span<byte> destination, long offset)
    {
        if (handle is null)
        {
            return offset >= 0 && destination.Length <= Length - offset && memory.Span.Slice((int)offset, destination.Length).TryCopyTo(destination);
        }

        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(handle, destination, offset);
                if (read == 0)
                {
                    return false;
                }

                destination = destination[read..];
                offset += read;
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Failed("read model file", Path, e, ErrorKind.ModelFile);
        }
    }

    public void Dispose() => handle?.Dispose();
}
