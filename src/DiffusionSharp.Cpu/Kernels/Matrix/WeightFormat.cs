using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>How a kernel reads weights that are stored in a precision.</summary>
internal unsafe interface IWeightFormat
{
    /// <summary>Whether they can be used where they lie.</summary>
    static abstract bool IsFloat32 { get; }

    /// <summary>Of a value.</summary>
    static abstract int Bytes { get; }

    /// <summary>Asks for values before they are loaded.</summary>
    static abstract void Prefetch(void* weights, nint place, nint count);

    static abstract T Load<T>(void* weights, nint place)
        where T : unmanaged, ISimd<T>;

    /// <summary>One value.</summary>
    static abstract float One(void* weights, nint place);
}

/// <summary>Conversions to the stored precisions.</summary>
internal static class WeightFormat
{
    /// <summary>Rounds to the nearest bfloat16, ties to even.</summary>
    public static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? (bits | 0x00400000) >> 16 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

internal readonly unsafe struct Float32Weights : IWeightFormat
{
    public static bool IsFloat32 => true;

    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* weights, nint place, nint count) => Simd.Prefetch.Bytes((float*)weights + place, sizeof(float) * count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(void* weights, nint place)
        where T : unmanaged, ISimd<T> => T.Load((float*)weights + place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float One(void* weights, nint place) => ((float*)weights)[place];
}

internal readonly unsafe struct BFloat16Weights : IWeightFormat
{
    public static bool IsFloat32 => false;

    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* weights, nint place, nint count) => Simd.Prefetch.Bytes((ushort*)weights + place, sizeof(ushort) * count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(void* weights, nint place)
        where T : unmanaged, ISimd<T> => T.LoadBFloat16((ushort*)weights + place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float One(void* weights, nint place) => BitConverter.UInt32BitsToSingle((uint)((ushort*)weights)[place] << 16);
}

internal readonly unsafe struct HalfWeights : IWeightFormat
{
    public static bool IsFloat32 => false;

    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* weights, nint place, nint count) => Simd.Prefetch.Bytes((ushort*)weights + place, sizeof(ushort) * count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(void* weights, nint place)
        where T : unmanaged, ISimd<T> => T.LoadHalf((ushort*)weights + place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float One(void* weights, nint place) => (float)BitConverter.UInt16BitsToHalf(((ushort*)weights)[place]);
}
