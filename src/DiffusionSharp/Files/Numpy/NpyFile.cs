using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>
/// NumPy's .npy files (NEP 1, format versions 1 to 3): reads little-endian f2, f4, f8, i1, i2, i4, i8, u1 and bool in C or Fortran
/// order, writes f4, f8, u1, i4 and i8.
/// </summary>
public static class NpyFile
{
    /// <summary>Reads an array.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, malformed, or of another type.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = RegularFile.OpenRead(path);
            return NpyFormat.ReadElements(path, file, NpyHeader.Read(path, file, file.Length), file.Length);
        }
        catch (EndOfStreamException)
        {
            throw Bad(path, "it became shorter while it was read");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw StorageErrors.Failed("read array file", path, e, ErrorKind.Data);
        }
    }

    /// <summary>Reads an array as float32; f8 and wide integers are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, malformed, or of another type.</exception>
    public static HostTensor ReadFloat32(string path) => Read(path).ToTensor();

    /// <summary>Reads an array as float64; integers beyond 2^53 are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The shape, and the values in C order.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, malformed, or of another type.</exception>
    public static (int[] Shape, double[] Values) ReadFloat64(string path)
    {
        var array = Read(path);
        return ([.. array.Shape], array.To<double>());
    }

    /// <summary>Writes an array.</summary>
    /// <param name="path">The file; written through <see cref="AtomicFile"/>.</param>
    /// <param name="array">The array.</param>
    /// <param name="fortranOrder">Whether the first index runs fastest in the file.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public static void Write(string path, NpyArray array, bool fortranOrder = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        AtomicFile.Write(path, stream => NpyFormat.Write(stream, array, fortranOrder));
    }

    /// <summary>Writes float32 values.</summary>
    /// <param name="path">The file; written through <see cref="AtomicFile"/>.</param>
    /// <param name="tensor">Shape and values.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public static void Write(string path, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        AtomicFile.Write(path, stream =>
        {
            NpyFormat.WriteHeader(stream, TensorDtype.F32, tensor.Shape, fortranOrder: false);
            tensor.CopyTo(stream);
        });
    }

    /// <summary>Writes float64 values.</summary>
    /// <param name="path">The file; written through <see cref="AtomicFile"/>.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="values">The values in C order.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public static void Write(string path, ReadOnlySpan<int> shape, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Write(path, NpyArray.Create<double>(shape, values));
    }

    internal static DiffusionException Bad(string path, string reason) => new(ErrorKind.Data, $"array file '{path}' cannot be read: {reason}");
}
