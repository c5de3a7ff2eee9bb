using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using DiffusionSharp.Storage;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Weights;

/// <summary>
/// NumPy's .npy files: reads little-endian f4, f8, i4, i8 and u1 in C or Fortran order (format versions 1 to 3),
/// writes f4 and f8 in C order.
/// </summary>
public static class NpyFile
{
    /// <summary>Reads an array as float32; f8 and wide integers are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, malformed, or of another type.</exception>
    public static HostTensor ReadFloat32(string path)
    {
        var (shape, bytes, descr) = ReadC(path);
        return new HostTensor(shape, descr switch
        {
            "<f4" => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            "<f8" => Convert<double, float>(bytes),
            "<i4" => Convert<int, float>(bytes),
            "<i8" => Convert<long, float>(bytes),
            _ => Convert<byte, float>(bytes),
        });
    }

    /// <summary>Reads an array as float64; integers beyond 2^53 are rounded.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The shape, and the values in C order.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, malformed, or of another type.</exception>
    public static (int[] Shape, double[] Values) ReadFloat64(string path)
    {
        var (shape, bytes, descr) = ReadC(path);
        return (shape, descr switch
        {
            "<f4" => Convert<float, double>(bytes),
            "<f8" => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
            "<i4" => Convert<int, double>(bytes),
            "<i8" => Convert<long, double>(bytes),
            _ => Convert<byte, double>(bytes),
        });
    }

    /// <summary>Writes float32 values.</summary>
    /// <param name="path">The file; written through <see cref="AtomicFile"/>.</param>
    /// <param name="tensor">Shape and values.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public static void Write(string path, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Write(path, "<f4", [.. tensor.Shape], stream => stream.Write(MemoryMarshal.AsBytes(tensor.Data.AsSpan())));
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
        var count = 1L;
        foreach (var d in shape)
        {
            count = checked(count * d);
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"shape [{string.Join(", ", shape.ToArray())}] holds {count} values, {values.Length} were given", nameof(values));
        }

        Write(path, "<f8", shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));
    }

    internal static DiffusionException Bad(string path, string reason) => new(ErrorKind.Data, $"array file '{path}' cannot be read: {reason}");

    private static void Write(string path, string descr, ReadOnlySpan<int> shape, Action<Stream> data)
    {
        var dimensions = string.Join(", ", shape.ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture)));
        var text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dimensions}{(shape.Length == 1 ? "," : "")}), }}";

        // Magic, version, length, text and newline together are a multiple of 64 bytes.
        var total = (10 + text.Length + 1 + 63) / 64 * 64;
        var header = Encoding.Latin1.GetBytes("\u0093NUMPY\u0001\0\0\0" + text.PadRight(total - 11) + "\n");
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(total - 10)));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            data(stream);
        });
    }

    private static (int[] Shape, byte[] Bytes, string Descr) ReadC(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var handle = File.OpenHandle(path);
            var length = RandomAccess.GetLength(handle);
            var start = new byte[(int)Math.Min(length, NpyHeader.MaxBytes + 12)];
            ReadExactly(path, handle, start, 0);
            var header = NpyHeader.Parse(path, start);
            var size = ElementSize(path, header.Descr);
            CheckLength(path, header, size, length - header.DataStart);
            var bytes = new byte[(int)(length - header.DataStart)];
            ReadExactly(path, handle, bytes, header.DataStart);
            return (header.Shape, header.FortranOrder ? ToCOrder(bytes, header.Shape, size) : bytes, header.Descr == "|u1" ? "<u1" : header.Descr);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw StorageErrors.Failed("read array file", path, e, ErrorKind.Data);
        }
    }

    private static int ElementSize(string path, string descr) => descr switch
    {
        "<f8" or "<i8" => 8,
        "<f4" or "<i4" => 4,
        "|u1" or "<u1" => 1,
        _ => throw Bad(path, $"its type is '{Printable.Of(descr, 40)}' (supported: <f4, <f8, <i4, <i8, |u1; convert with array.astype('<f4'))"),
    };

    private static void CheckLength(string path, NpyHeader header, int size, long dataLength)
    {
        var expected = (Int128)size;
        foreach (var d in header.Shape)
        {
            // Saturates: at most 2^100, whatever the header says.
            expected = d == 0 ? 0 : expected > Int128.One << 68 ? expected : expected * d;
        }

        expected = header.Shape.Contains(0) ? 0 : expected;
        if (expected != dataLength)
        {
            throw Bad(path, $"shape ({string.Join(", ", header.Shape)}) of '{header.Descr}' needs {expected} bytes, found {dataLength}");
        }

        if (dataLength > Array.MaxLength)
        {
            throw Bad(path, $"its {dataLength} bytes are more than an array can hold ({Array.MaxLength})");
        }
    }

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw Bad(path, "it became shorter while it was read");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    /// <summary>Walks the C order while an odometer of indices keeps the Fortran offset.</summary>
    private static byte[] ToCOrder(byte[] fortran, int[] shape, int size)
    {
        var result = new byte[fortran.Length];
        var index = new int[shape.Length];
        var stride = new long[shape.Length];
        for (var (k, s) = (0, (long)size); k < shape.Length; s *= shape[k++])
        {
            stride[k] = s;
        }

        var from = 0L;
        for (var to = 0; to < result.Length; to += size)
        {
            fortran.AsSpan((int)from, size).CopyTo(result.AsSpan(to));
            for (var k = shape.Length - 1; k >= 0; k--)
            {
                from += stride[k];
                if (++index[k] < shape[k])
                {
                    break;
                }

                from -= stride[k] * shape[k];
                index[k] = 0;
            }
        }

        return result;
    }

    private static TOut[] Convert<TIn, TOut>(byte[] bytes)
        where TIn : unmanaged, System.Numerics.INumber<TIn>
        where TOut : System.Numerics.INumber<TOut> => Array.ConvertAll(MemoryMarshal.Cast<byte, TIn>(bytes).ToArray(), TOut.CreateTruncating);
}
