using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// Chooses how a convolution is computed: by its shape alone, so that an image's bits depend on nothing else. The costs are multiply-adds
/// of vectors for a small batch; what a transform costs was measured.
/// </summary>
internal static class Convolutions
{
    private const int NominalImages = 2;
    private const int SmallPixels = 64;

    /// <summary>The step of a convolution.</summary>
    public static IStep Create<T>(ConvolutionMethod method, View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
        where T : unmanaged, ISimd<T> => weights.Precision switch
        {
            WeightPrecision.BFloat16 => Create<T, BFloat16Weights>(method, input, shape, weights, epilogue, zeros),
            WeightPrecision.Half => Create<T, HalfWeights>(method, input, shape, weights, epilogue, zeros),
            _ => Create<T, Float32Weights>(method, input, shape, weights, epilogue, zeros),
        };

    private static IStep Create<T, TFormat>(ConvolutionMethod method, View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat => method switch
        {
            ConvolutionMethod.Winograd2 => new WinogradConvolution<T, Winograd2, TFormat>(input, shape, weights, epilogue, zeros),
            ConvolutionMethod.Winograd4 => new WinogradConvolution<T, Winograd4, TFormat>(input, shape, weights, epilogue, zeros),
            ConvolutionMethod.UpsampledWinograd4 => new WinogradConvolution<T, UpsampledWinograd4, TFormat>(input, shape, weights, epilogue, zeros),
            _ => new DirectConvolution<T, TFormat>(input, TapPhase.Forward(shape), shape.Width, shape.Height, weights, epilogue, zeros),
        };

    /// <summary>
    /// The way of a gradient to inputs. Adam divides a gradient by its own size, and so its rounding, too: of small images, which give few sums
    /// to even it out, the tiles are small ones.
    /// </summary>
    public static ConvolutionMethod BestBackward(View gradient, ConvolutionShape shape, int outputs) =>
        Best(gradient, shape, outputs) switch
        {
            ConvolutionMethod.Winograd4 when shape.Pixels <= SmallPixels => ConvolutionMethod.Winograd2,
            var best => best,
        };

    /// <summary>Whether Winograd's algorithm takes less for the gradient to the weights. An image's products are transformed once for each pair of channels.</summary>
    public static bool GainsByWinograd(View input, ConvolutionShape shape, int outputs)
    {
        if (!shape.SuitsWinograd)
        {
            return false;
        }

        var pairs = (double)input.Channels * outputs / 16;
        var tiles = (double)((shape.Height + 3) / 4) * ((shape.Width + 3) / 4);
        return (pairs * ((36 * tiles) + 140)) + (10.5 * tiles * (input.Channels + outputs)) < 9 * pairs * shape.Pixels;
    }

    /// <summary>How its weights lie for a method.</summary>
    public static PanelLayout Layout(ParameterSpec weight, ConvolutionMethod method) =>
        new(weight.Shape[0], weight.Shape[1], weight.Shape.Skip(2).Aggregate(1, (n, side) => n * side), TapsTogether: method != ConvolutionMethod.Product);

    /// <summary>Whether a convolution's parts belong together, for assertions.</summary>
    public static bool Fit(View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros, bool tapsTogether) =>
        weights.Layout.Inputs == input.Channels
        && weights.Layout.Taps == shape.Places
        && weights.Layout.TapsTogether == tapsTogether
        && epilogue.Stride == Segment.Round(weights.Layout.Outputs)
        && zeros.Bytes >= sizeof(float) * input.Segments.Max(s => s.Stride);

    /// <summary>The cheapest way.</summary>
    public static ConvolutionMethod Best(View input, ConvolutionShape shape, int outputs)
    {
        if (!shape.SuitsWinograd)
        {
            return ConvolutionMethod.Product;
        }

        var pairs = (double)input.Channels * outputs;
        var best = (Method: ConvolutionMethod.Product, Cost: NominalImages * shape.Pixels * 9 * pairs / 16);
        Consider(ConvolutionMethod.Winograd4, Tiles(4, 1) * ((36 * pairs / 16) + (10.5 * (input.Channels + outputs))) + (7.5 * pairs));
        Consider(ConvolutionMethod.Winograd2, Tiles(2, 1) * ((16 * pairs / 16) + (4 * (input.Channels + outputs))) + (3 * pairs));
        if (input is { Upsampled: true, Padded: false })
        {
            Consider(ConvolutionMethod.UpsampledWinograd4, Tiles(4, 2) * ((100 * pairs / 16) + (10.5 * (input.Channels + (4 * outputs)))) + (20 * pairs));
        }

        return best.Method;

        double Tiles(int side, int scale) =>
            (double)NominalImages * (((shape.Height / scale) + side - 1) / side) * (((shape.Width / scale) + side - 1) / side);

        void Consider(ConvolutionMethod method, double cost) => best = cost < best.Cost ? (method, cost) : best;
    }
}
