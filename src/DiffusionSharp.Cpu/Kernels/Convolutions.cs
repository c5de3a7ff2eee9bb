using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// Chooses how a convolution is computed: by its shape alone, so that an image's bits depend on nothing else. The costs are multiply-adds
/// of vectors for a small batch; what a transform costs was measured.
/// </summary>
internal static class Convolutions
{
    private const int NominalImages = 2;

    /// <summary>The step of a convolution, computed in tiles of a side (<see cref="Best"/>).</summary>
    public static IStep Create<T>(int side, View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
        where T : unmanaged, ISimd<T> => weights.Precision switch
        {
            WeightPrecision.BFloat16 => Create<T, BFloat16Weights>(side, input, shape, weights, epilogue, zeros),
            WeightPrecision.Half => Create<T, HalfWeights>(side, input, shape, weights, epilogue, zeros),
            _ => Create<T, Float32Weights>(side, input, shape, weights, epilogue, zeros),
        };

    private static IStep Create<T, TFormat>(int side, View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat => side switch
        {
            4 => new WinogradConvolution<T, Winograd4, TFormat>(input, shape, weights, epilogue, zeros),
            2 => new WinogradConvolution<T, Winograd2, TFormat>(input, shape, weights, epilogue, zeros),
            _ => new DirectConvolution<T, TFormat>(input, shape, weights, epilogue, zeros),
        };

    /// <summary>Whether a convolution's parts belong together, for assertions.</summary>
    public static bool Fit(View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros, bool tapsTogether) =>
        weights.Inputs == input.Channels
        && weights.Taps == shape.Kernel * shape.Kernel
        && weights.TapsTogether == tapsTogether
        && epilogue.Stride == Segment.Round(weights.Outputs)
        && zeros.Bytes >= sizeof(float) * input.Segments.Max(s => s.Stride);

    /// <summary>Side of the output tile of the cheapest way: 4 or 2, or 1 for the plain product.</summary>
    public static int Best(ConvolutionShape shape, int inputs, int outputs)
    {
        if (shape is not { Kernel: 3, Stride: 1, Padding: 1 })
        {
            return 1;
        }

        var pairs = (double)inputs * outputs;
        var direct = NominalImages * shape.Pixels * 9 * pairs / 16;
        var four = Cost(4, weights: 7.5, transform: 10.5);
        var two = Cost(2, weights: 3, transform: 4);
        return direct <= Math.Min(four, two) ? 1 : four < two ? 4 : 2;

        double Cost(int side, double weights, double transform)
        {
            var tiles = (double)NominalImages * ((shape.Height + side - 1) / side) * ((shape.Width + side - 1) / side);
            return (tiles * (((side + 2) * (side + 2) * pairs / 16) + (transform * (inputs + outputs)))) + (weights * pairs);
        }
    }
}
