using System.IO.Compression;
using System.Runtime.InteropServices;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>
/// An array that is written part by part, however large it is: as <c>arr_0</c> of an .npz where the path ends so, else as .npy. The file is there
/// once it is committed; disposed of before that, it leaves what was there before.
/// </summary>
internal sealed class ArrayWriter : IDisposable
{
    private readonly string path;
    private readonly PendingFile file;
    private readonly ZipArchive? archive;
    private Stream array;
    private long left;
    private int arrays = 1;

    private ArrayWriter(string path, PendingFile file, TensorDtype dtype, IReadOnlyList<int> shape)
    {
        (this.path, this.file) = (path, file);
        archive = ArrayFile.IsPacked(path) ? new ZipArchive(file.Stream, ZipArchiveMode.Create, leaveOpen: true) : null;
        array = archive is null ? file.Stream : NpzFile.AddMember(archive, "arr_0");
        NpyFormat.WriteHeader(array, dtype, shape, fortranOrder: false);
        left = shape.Aggregate((long)TensorInfo.ElementSize(dtype), (bytes, d) => checked(bytes * d));
    }

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file; its folder is created when it does not exist.</param>
    /// <param name="dtype">The type of the elements.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public static ArrayWriter Create(string path, TensorDtype dtype, IReadOnlyList<int> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(shape);
        ArrayWriter? made = null;
        StorageErrors.Guard("write", path, () =>
        {
            var file = new PendingFile(path);
            try
            {
                made = new ArrayWriter(path, file, dtype, shape);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
        return made!;
    }

    /// <summary>Writes the next elements, in C order.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="elements">Some of them.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    /// <exception cref="ArgumentException">The array has fewer.</exception>
    public void Write<T>(ReadOnlySpan<T> elements)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(elements);
        if (bytes.Length > left)
        {
            throw new ArgumentException($"{bytes.Length} bytes, and {left} are left of the array", nameof(elements));
        }

        try
        {
            array.Write(bytes);
        }
        catch (IOException e)
        {
            throw StorageErrors.Failed("write", path, e);
        }

        left -= bytes.Length;
    }

    /// <summary>Ends an array of an .npz, and adds the next one whole: <c>arr_1</c> and so on.</summary>
    /// <param name="next">The array.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    /// <exception cref="InvalidOperationException">The file is an .npy, which holds one array, or the array before is not complete.</exception>
    public void Add(NpyArray next)
    {
        ArgumentNullException.ThrowIfNull(next);
        RequireComplete();
        var zip = archive ?? throw new InvalidOperationException("an .npy file holds one array");
        StorageErrors.Guard("write", path, () =>
        {
            array.Dispose();
            array = NpzFile.AddMember(zip, $"arr_{arrays++}");
            NpyFormat.Write(array, next);
        });
    }

    /// <summary>Puts the file where it belongs.</summary>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    /// <exception cref="InvalidOperationException">The array is not complete.</exception>
    public void Commit()
    {
        RequireComplete();
        StorageErrors.Guard("write", path, () =>
        {
            if (archive is not null)
            {
                array.Dispose();
                archive.Dispose();
            }

            file.Commit();
        });
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void RequireComplete()
    {
        if (left > 0)
        {
            throw new InvalidOperationException($"{left} bytes of the array are missing");
        }
    }
}
