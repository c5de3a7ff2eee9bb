using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Micro;

/// <summary>A 3×3 convolution of 128 to 128 channels at 32×32, one image, one thread, vectors of 256 bits: 151 million multiply-adds.</summary>
public class ConvolutionBenchmarks
{
    private const int Channels = 128;
    private const int Side = 32;
    private readonly List<IDisposable> owned = [];
    private KernelStage stage = null!;

    /// <summary>The product over pixels and taps, or Winograd's tiles.</summary>
    [Params(nameof(ConvolutionMethod.Product), nameof(ConvolutionMethod.Winograd2), nameof(ConvolutionMethod.Winograd4))]
    public string Method { get; set; } = "";

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
            var method = Enum.Parse<ConvolutionMethod>(Method);
            var packed = Own(new PackedWeights(new PanelLayout(Channels, Channels, Taps: 9, method != ConvolutionMethod.Product), weights, WeightPrecision.Float32));
            var bias = Own(ParameterPlace.Alone(new RowLayout(1, Channels), weights[..Channels]));
            var epilogue = new Epilogue(bias, views[1].Segments[0], null, null);
            return Convolutions.Create<Simd256>(method, views[0], new ConvolutionShape(3, 1, 1, Side, Side), packed, epilogue, zeros);
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
