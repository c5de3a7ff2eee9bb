using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Bench.Micro;

/// <summary>A matrix product from the first cache: 12 rows of 128 by two vectors, 3072 multiply-adds of vectors.</summary>
public unsafe class MatrixTileBenchmarks
{
    private const int Rows = 12;
    private const int Depth = 128;
    private readonly AlignedMemory a = Floats.Normals(Rows * Depth), b = Floats.Normals(Depth * 32), c = Floats.Normals(Rows * 32);

    /// <summary>The widths this machine has.</summary>
    public static IEnumerable<int> Widths => new[] { 128, 256, 512 }.Where(bits => bits <= CpuEngine.VectorBits);

    /// <summary>Of the vectors.</summary>
    [ParamsSource(nameof(Widths))]
    public int Bits { get; set; }

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        a.Dispose();
        b.Dispose();
        c.Dispose();
    }

    /// <summary>Multiplies.</summary>
    [Benchmark]
    public void Multiply()
    {
        switch (Bits)
        {
            case 512:
                Multiply<Simd512>();
                break;
            case 256:
                Multiply<Simd256>();
                break;
            default:
                Multiply<Simd128>();
                break;
        }
    }

    private void Multiply<T>()
        where T : unmanaged, ISimd<T> =>
        MatrixTile.Multiply<T>(Rows, a.Floats, Depth, b.Floats, 1, 0, 2 * T.Width, T.Width, Depth, c.Floats, 2 * T.Width, accumulate: false);
}
