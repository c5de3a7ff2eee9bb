using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>How many rows of two vectors a tile has, known when its loop is compiled: what is said of rows past them vanishes.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}

/// <summary>A tile's rows in memory.</summary>
internal static unsafe class TileRows
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<T, TRows>(int row, float* c, nint cRow, ref T c0, ref T c1)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        if (row < TRows.Count)
        {
            c0 = T.Load(c + (row * cRow));
            c1 = T.Load(c + (row * cRow) + T.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T, TRows>(int row, T c0, T c1, float* c, nint cRow)
        where T : unmanaged, ISimd<T>
        where TRows : struct, IRows
    {
        if (row < TRows.Count)
        {
            T.Store(c0, c + (row * cRow));
            T.Store(c1, c + (row * cRow) + T.Width);
        }
    }
}

internal readonly struct Rows1 : IRows
{
    public static int Count => 1;
}

internal readonly struct Rows2 : IRows
{
    public static int Count => 2;
}

internal readonly struct Rows3 : IRows
{
    public static int Count => 3;
}

internal readonly struct Rows4 : IRows
{
    public static int Count => 4;
}

internal readonly struct Rows5 : IRows
{
    public static int Count => 5;
}

internal readonly struct Rows6 : IRows
{
    public static int Count => 6;
}

internal readonly struct Rows12 : IRows
{
    public static int Count => 12;
}
