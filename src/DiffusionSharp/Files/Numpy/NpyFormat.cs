using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>One array of NumPy's format in a stream: a file of its own, or a member of an .npz file.</summary>
internal static class NpyFormat
{
    /// <summary>Reads the elements that follow a header.</summary>
    /// <param name="name">The file, for messages.</param>
    /// <param name="stream">Stands behind the header.</param>
    /// <param name="header">What is expected.</param>
    /// <param name="certain">Bytes that may be allocated before any have come; beyond, memory grows with what has.</param>
    public static NpyArray ReadElements(string name, Stream stream, NpyHeader header, long certain)
    {
        if (header.DataBytes > Array.MaxLength)
        {
            throw NpyFile.Bad(name, $"its {header.DataBytes} bytes are more than an array can hold ({Array.MaxLength})");
        }

        var bytes = new byte[Math.Min(header.DataBytes, certain)];
        for (var done = 0; ;)
        {
            stream.ReadExactly(bytes.AsSpan(done));
            done = bytes.Length;
            if (done == header.DataBytes)
            {
                break;
            }

            Array.Resize(ref bytes, (int)Math.Min(header.DataBytes, 2L * Math.Max(done, 1)));
        }

        return new NpyArray(header.Dtype, header.Shape, header.FortranOrder ? NpyOrder.ToC(bytes, header.Shape, TensorInfo.ElementSize(header.Dtype)) : bytes);
    }

    /// <summary>Writes an array.</summary>
    public static void Write(Stream stream, NpyArray array, bool fortranOrder = false)
    {
        WriteHeader(stream, array.Dtype, array.Shape, fortranOrder);
        stream.Write(fortranOrder ? NpyOrder.ToFortran(array.Bytes.Span, array.Shape, TensorInfo.ElementSize(array.Dtype)) : array.Bytes.Span);
    }

    /// <summary>Writes magic, version, length and dictionary, which together are a multiple of 64 bytes.</summary>
    public static void WriteHeader(Stream stream, TensorDtype dtype, IReadOnlyList<int> shape, bool fortranOrder)
    {
        var dimensions = string.Join(", ", shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
        var text = $"{{'descr': '{NpyHeader.Describe(dtype)}', 'fortran_order': {(fortranOrder ? "True" : "False")}, 'shape': ({dimensions}{(shape.Count == 1 ? "," : "")}), }}";
        var total = (10 + text.Length + 1 + 63) / 64 * 64;
        var header = Encoding.Latin1.GetBytes("\u0093NUMPY\u0001\0\0\0" + text.PadRight(total - 11) + "\n");
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(total - 10)));
        stream.Write(header);
    }
}
