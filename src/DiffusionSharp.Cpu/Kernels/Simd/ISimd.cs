namespace DiffusionSharp.Cpu.Kernels.Simd;

/// <summary>
/// A vector of float32. Kernels are written once against it and compiled by the JIT for each width. Every operation rounds once per
/// lane as IEEE says, so a kernel that never adds lanes to each other gives the same bits in every width.
/// </summary>
internal unsafe interface ISimd<T>
    where T : unmanaged, ISimd<T>
{
    /// <summary>Lanes.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of the largest matrix tile: two accumulators a row, as many as the registers hold.</summary>
    static abstract int TileRows { get; }

    static abstract T Zero { get; }

    static abstract T Broadcast(float value);

    static abstract T Load(float* source);

    static abstract T LoadBFloat16(ushort* source);

    static abstract T LoadHalf(ushort* source);

    static abstract void Store(T value, float* destination);

    /// <summary>Rounds to the nearest bfloat16, ties to even; what is no number stays none.</summary>
    static abstract void StoreBFloat16(T value, ushort* destination);

    static abstract T Add(T a, T b);

    static abstract T Subtract(T a, T b);

    static abstract T Multiply(T a, T b);

    static abstract T Divide(T a, T b);

    static abstract T Sqrt(T value);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    static abstract T Min(T a, T b);

    static abstract T Max(T a, T b);

    /// <summary>2^n for n in the lowest bits of the value's representation.</summary>
    static abstract T PowerOfTwo(T bits);
}
