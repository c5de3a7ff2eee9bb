using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Gradients of a convolution of 128 to 128 channels, one image, one thread, vectors of 256 bits.</summary>
public class ConvolutionGradientBenchmarks
{
    private const int Channels = 128;
    private GradientStage toWeights = null!, toInputs = null!;

    /// <summary>Kernel, stride where it is not 1, and side of the input; 3×3 of stride 1 by Winograd's algorithm and, as "direct", without.</summary>
    [Params("3×3 at 32", "3×3 at 16", "3×3 at 8", "3×3 at 4", "3×3 direct at 32", "3×3 direct at 16", "3×3 direct at 8", "3×3 direct at 4", "1×1 at 32", "1×1 at 16", "3×3/2 at 32", "3×3/2 at 16")]
    public string Case { get; set; } = "";

    /// <summary>Makes the steps.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var input = int.Parse(Case.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var (kernel, stride) = (Case[0] - '0', Case.StartsWith("3×3/2", StringComparison.Ordinal) ? 2 : 1);
        var winograd = kernel == 3 && stride == 1 && !Case.Contains("direct", StringComparison.Ordinal);
        var shape = new ConvolutionShape(kernel, stride, kernel / 2, input / stride, input / stride);
        (int Channels, int Side)[] values = [(Channels, input), (Channels, input / stride)];
        toWeights = GradientStage.Create(values, (s, v) => [ToWeights(s, v[0], v[1], shape, winograd)]);
        toInputs = GradientStage.Create([values[1], values[0]], (s, v) => ToInputs(s, v[0], v[1], shape, winograd));
    }

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        toWeights.Dispose();
        toInputs.Dispose();
    }

    /// <summary>To the weights.</summary>
    [Benchmark]
    public void Weights() => toWeights.Run();

    /// <summary>To the inputs, with the weights transposed for it.</summary>
    [Benchmark]
    public void Inputs() => toInputs.Run();

    private static PanelLayout Layout(ConvolutionShape shape, bool winograd) => new(Channels, Channels, shape.Places, winograd);

    private static IStep ToWeights(GradientStage stage, View x, View gradient, ConvolutionShape shape, bool winograd)
    {
        var layout = Layout(shape, winograd);
        var target = new WeightTarget(layout, stage.Parameter(layout));
        return winograd
            ? new WinogradWeightGradient<Simd256>(x, gradient, shape, target, stage.Zeros(Channels))
            : new DirectWeightGradient<Simd256>(x, gradient, shape, target);
    }

    private static IStep[] ToInputs(GradientStage stage, View gradient, View result, ConvolutionShape shape, bool winograd)
    {
        var (layout, zeros) = (Layout(shape, winograd), stage.Zeros(Channels + PanelLayout.Panel));
        PackedWeights from = new(layout, stage.Parameter(layout)), to = new(layout, stage.Parameter(layout));
        var epilogue = new Epilogue(stage.Own(ParameterPlace.Alone(new RowLayout(1, Channels), [])), result.Segments[0], null, null);
        return
        [
            new TransposedWeights(from, to, half: winograd),
            winograd
                ? Convolutions.Create<Simd256>(ConvolutionMethod.Winograd4, gradient, shape, to, epilogue, zeros)
                : new DirectConvolution<Simd256, Float32Weights>(gradient, TapPhase.Transposed(shape, result.Height, result.Width), result.Width, result.Height, to, epilogue, zeros),
        ];
    }
}
