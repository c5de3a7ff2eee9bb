using System.Numerics;
using System.Runtime.InteropServices;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>An array as NumPy's files hold it: element type, shape, and the elements in C order, little-endian.</summary>
public sealed class NpyArray
{
    internal NpyArray(TensorDtype dtype, int[] shape, byte[] bytes) => (Dtype, Shape, Bytes) = (dtype, shape, bytes);

    /// <summary>The element type; never BF16.</summary>
    public TensorDtype Dtype { get; }

    /// <summary>The dimensions; empty for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The elements.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Copies values.</summary>
    /// <typeparam name="T">float, double, byte, int or long.</typeparam>
    /// <param name="shape">The dimensions.</param>
    /// <param name="values">The values in C order.</param>
    /// <exception cref="ArgumentException">The number of values does not fit the shape, or their type is another.</exception>
    public static NpyArray Create<T>(ReadOnlySpan<int> shape, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
    {
        var dtype = DtypeOf<T>();
        foreach (var d in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d, nameof(shape));
        }

        var count = HostTensor.Count(shape);
        return count == values.Length
            ? new NpyArray(dtype, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray())
            : throw new ArgumentException($"shape [{string.Join(", ", shape.ToArray())}] holds {count} values, {values.Length} were given", nameof(values));
    }

    /// <summary>The values as float32, in C order; wider types are rounded.</summary>
    public HostTensor ToTensor() => new([.. Shape], To<float>());

    /// <summary>The values as numbers of one type, in C order: wider ones are rounded, integers saturate, booleans are 0 and 1.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public T[] To<T>()
        where T : unmanaged, INumber<T>
    {
        var values = new T[Bytes.Length / TensorInfo.ElementSize(Dtype)];
        Elements.Convert<T>(Dtype, Bytes.Span, values);
        return values;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Dtype} [{string.Join(", ", Shape)}]";

    private static TensorDtype DtypeOf<T>() =>
        typeof(T) == typeof(float) ? TensorDtype.F32
        : typeof(T) == typeof(double) ? TensorDtype.F64
        : typeof(T) == typeof(byte) ? TensorDtype.U8
        : typeof(T) == typeof(int) ? TensorDtype.I32
        : typeof(T) == typeof(long) ? TensorDtype.I64
        : throw new ArgumentException($"arrays of {typeof(T).Name} are not written (float, double, byte, int and long are)");
}
