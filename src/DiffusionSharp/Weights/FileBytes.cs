using DiffusionSharp.Storage;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Weights;

/// <summary>
/// An open file read by position, so that a file cut off meanwhile is an error and not the end of the process (as it would be
/// through a memory map). Safe for concurrent readers.
/// </summary>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle handle;

    private FileBytes(string path, SafeFileHandle handle) => (Path, this.handle, Length) = (path, handle, RandomAccess.GetLength(handle));

    public string Path { get; }

    public long Length { get; }

    public static FileBytes Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
            return new FileBytes(path, handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw StorageErrors.Failed("read model file", path, e, ErrorKind.ModelFile);
        }
    }

    /// <summary>Fills the destination; false when the file ends before.</summary>
    public bool TryRead(Span<byte> destination, long offset)
    {
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

    public void Dispose() => handle.Dispose();
}
