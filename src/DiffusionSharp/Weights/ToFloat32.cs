using System.Runtime.InteropServices;

namespace DiffusionSharp.Weights;

/// <summary>Little-endian elements of any supported type to float32.</summary>
internal static class ToFloat32
{
    public static void Convert(TensorDtype dtype, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (dtype)
        {
            case TensorDtype.F64: Cast<double>(bytes, values); break;
            case TensorDtype.F32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values); break;
            case TensorDtype.F16: Cast<Half>(bytes, values); break;
            case TensorDtype.BF16: FromBFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case TensorDtype.I64: Cast<long>(bytes, values); break;
            case TensorDtype.I32: Cast<int>(bytes, values); break;
            case TensorDtype.I16: Cast<short>(bytes, values); break;
            case TensorDtype.I8: Cast<sbyte>(bytes, values); break;
            case TensorDtype.U8: Cast<byte>(bytes, values); break;
            case TensorDtype.BOOL: FromBool(bytes, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null);
        }
    }

    private static void Cast<T>(ReadOnlySpan<byte> bytes, Span<float> values)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        var source = MemoryMarshal.Cast<byte, T>(bytes);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = float.CreateTruncating(source[i]);
        }
    }

    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    private static void FromBool(ReadOnlySpan<byte> source, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = source[i] == 0 ? 0 : 1;
        }
    }
}
