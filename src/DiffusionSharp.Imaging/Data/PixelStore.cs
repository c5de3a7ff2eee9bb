using System.IO.MemoryMappedFiles;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Packed images of one size: in memory, or in a memory-mapped file once they are more than a limit. Filled once, then read
/// from any thread. The file has no name on Unix, and is deleted when it is closed on Windows: a killed process leaves none.
/// </summary>
internal sealed class PixelStore : IDisposable
{
    private const int ChunkBytes = 16 << 20;
    private const string Advice = "set TMPDIR (TMP on Windows) to a folder with more room";
    private readonly int imageBytes;
    private readonly int imagesPerChunk;
    private readonly long limit;
    private readonly string folder;
    private readonly List<byte[]> chunks = [];
    private readonly Sha256 hash = new();
    private FileStream? file;
    private MemoryMappedFile? map;
    private MemoryMappedViewAccessor? view;

    /// <summary>An empty store.</summary>
    /// <param name="imageBytes">Bytes of one image.</param>
    /// <param name="limit">Bytes kept in memory at most.</param>
    /// <param name="folder">Where the file goes; null takes the temporary folder.</param>
    public PixelStore(int imageBytes, long limit, string? folder)
    {
        this.imageBytes = imageBytes;
        this.limit = limit;
        this.folder = folder ?? Path.GetTempPath();
        imagesPerChunk = Math.Max(1, ChunkBytes / imageBytes);
    }

    /// <summary>Images in the store.</summary>
    public int Count { get; private set; }

    /// <summary>True when the pixels lie in a file.</summary>
    public bool IsMapped => view is not null;

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of all pixels; empty before <see cref="Complete"/>.</summary>
    public string ContentHash { get; private set; } = string.Empty;

    /// <summary>Adds an image.</summary>
    /// <exception cref="DiffusionException">The cache file cannot be written (<see cref="ErrorKind.Storage"/>).</exception>
    public void Add(ReadOnlySpan<byte> image)
    {
        hash.Append(image);
        if (file is null && (long)(Count + 1) * imageBytes > limit)
        {
            Spill();
        }

        if (file is not null)
        {
            Guarded(image, static (f, bytes) => f.Write(bytes));
        }
        else
        {
            if (Count % imagesPerChunk == 0)
            {
                chunks.Add(new byte[imagesPerChunk * imageBytes]);
            }

            image.CopyTo(chunks[^1].AsSpan(Count % imagesPerChunk * imageBytes));
        }

        Count++;
    }

    /// <summary>Ends the filling.</summary>
    public void Complete()
    {
        ContentHash = hash.Finish()[..16];
        if (file is not null)
        {
            Guarded([], static (f, _) => f.Flush());
            map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(0, (long)Count * imageBytes, MemoryMappedFileAccess.Read);
        }
    }

    /// <summary>Copies an image out.</summary>
    public void Read(int index, Span<byte> image)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        if (view is null)
        {
            chunks[index / imagesPerChunk].AsSpan(index % imagesPerChunk * imageBytes, imageBytes).CopyTo(image);
        }
        else
        {
            view.SafeMemoryMappedViewHandle.ReadSpan((ulong)((long)index * imageBytes), image[..imageBytes]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view?.Dispose();
        map?.Dispose();
        file?.Dispose();
    }

    private void Spill()
    {
        var path = Path.Combine(folder, $"diffusionsharp-{Guid.NewGuid():N}.cache");
        try
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Storage, $"{path}: the pixel cache cannot be created: {e.Message} You may {Advice}.", e);
        }

        var left = (long)Count * imageBytes;
        foreach (var chunk in chunks)
        {
            var n = (int)Math.Min(left, chunk.Length);
            Guarded(chunk.AsSpan(0, n), static (f, bytes) => f.Write(bytes));
            left -= n;
        }

        chunks.Clear();
    }

    private void Guarded(ReadOnlySpan<byte> bytes, Action<FileStream, ReadOnlySpan<byte>> write)
    {
        try
        {
            write(file!, bytes);
        }
        catch (IOException e)
        {
            throw new DiffusionException(ErrorKind.Storage, $"{file!.Name}: the pixel cache cannot be written: {e.Message} You may {Advice}.", e);
        }
    }
}
