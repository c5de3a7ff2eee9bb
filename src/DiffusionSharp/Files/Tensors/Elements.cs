using System.Numerics;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Files.Tensors;

/// <summary>Little-endian elements of any type to numbers of one: wider ones are rounded, integers saturate.</summary>
internal static class Elements
{
    /// <summary>Converts.</summary>
    public static void Convert<T>(TensorDtype dtype, ReadOnlySpan<byte> bytes, Span<T> values)
        where T : unmanaged, INumber<T>
    {
        switch (dtype)
        {
            case TensorDtype.F64: Cast<double, T>(bytes, values); break;
            case TensorDtype.F32: Cast<float, T>(bytes, values); break;
            case TensorDtype.F16: Cast<Half, T>(bytes, values); break;
            case TensorDtype.BF16: FromBFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case TensorDtype.I64: Cast<long, T>(bytes, values); break;
            case TensorDtype.I32: Cast<int, T>(bytes, values); break;
            case TensorDtype.I16: Cast<short, T>(bytes, values); break;
            case TensorDtype.I8: Cast<sbyte, T>(bytes, values); break;
            case TensorDtype.U8: Cast<byte, T>(bytes, values); break;
            case TensorDtype.BOOL: FromBool(bytes, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null);
        }
    }

    private static void Cast<TFrom, T>(ReadOnlySpan<byte> bytes, Span<T> values)
        where TFrom : unmanaged, INumber<TFrom>
        where T : unmanaged, INumber<T>
    {
        var source = MemoryMarshal.Cast<byte, TFrom>(bytes);
        if (typeof(TFrom) == typeof(T))
        {
            MemoryMarshal.Cast<byte, T>(bytes).CopyTo(values);
            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating(source[i]);
        }
    }

    private static void FromBFloat16<T>(ReadOnlySpan<ushort> source, Span<T> values)
        where T : unmanaged, INumber<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating(BitConverter.UInt32BitsToSingle((uint)source[i] << 16));
        }
    }

    private static void FromBool<T>(ReadOnlySpan<byte> source, Span<T> values)
        where T : unmanaged, INumber<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = source[i] == 0 ? T.Zero : T.One;
        }
    }
}
