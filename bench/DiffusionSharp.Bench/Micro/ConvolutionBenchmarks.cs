using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;

namespace DiffusionSharp.Bench.Micro;

/// <summary>A 3×3 convolution of 128 to 128 channels at 32×32, one image, one thread, vectors of 256 bits: 151 million multiply-adds.</summary>
public class ConvolutionBenchmarks
{
    private const int Channels = 128;
    private const int Side = 32;
    private readonly List<IDisposable> owned = [];
    private KernelStage stage = null!;

    /// <summary>1 is the plain product, 2 and 4 are Winograd's tiles.</summary>
    [Params(1, 2, 4)]
    public int Tile { get; set; }

    /// <summary>Makes the step.</summary>
    [GlobalSetup]
    public void Setup() => stage = Own(KernelStage.Create(Channels, Side, buffers: 2, views =>
    {
        using var normals = Floats.Normals(9 * Channels * Channels);
        var zeros = Own(new AlignedMemory(sizeof(float) * Channels));
        unsafe
        {
            new Span<float>(zeros.Floats, Channels).Clear();
            var weights = new ReadOnlySpan<float>(normals.Floats, 9 * Channels * Channels);
            var packed = Own(new PackedWeights(weights, Channels, Channels, taps: 9, tapsTogether: Tile > 1, WeightPrecision.Float32));
            var epilogue = Own(new Epilogue(weights[..Channels], views[1].Segments[0], null, null));
            return Convolutions.Create<Simd256>(Tile, views[0], new ConvolutionShape(3, 1, 1, Side, Side), packed, epilogue, zeros);
        }
    }));

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup() => owned.ForEach(o => o.Dispose());

    /// <summary>Runs it.</summary>
    [Benchmark]
    public void Convolve() => stage.Run();

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }
}
