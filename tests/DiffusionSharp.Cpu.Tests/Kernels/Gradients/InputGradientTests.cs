using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>A convolution's gradient to its input: weights transposed, then a convolution of the gradient, against a sum in float64.</summary>
public class InputGradientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_kernel_stride_and_padding(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 16; round++)
        {
            var kernel = ((int[])[1, 2, 3, 4, 5, 7])[random.Next(6)];
            Check(random, ConvolutionMethod.Product, kernel, stride: random.Next(1, 5), padding: random.Next((kernel / 2) + 2), random.Next(2) == 0);
        }
    }

    [Theory]
    [InlineData(nameof(ConvolutionMethod.Winograd2))]
    [InlineData(nameof(ConvolutionMethod.Winograd4))]
    public void By_Winograds_algorithm(string method)
    {
        var random = new Random(4);
        for (var round = 0; round < 12; round++)
        {
            Check(random, Enum.Parse<ConvolutionMethod>(method), kernel: 3, stride: 1, padding: 1, random.Next(2) == 0);
        }
    }

    private static void Check(Random random, ConvolutionMethod method, int kernel, int stride, int padding, bool together)
    {
        var stage = new Stage(random, images: random.Next(1, 4));
        var (inputs, outputs, height, width) = (random.Next(1, 60), random.Next(1, 60), random.Next(1, 11), random.Next(1, 11));

        // The kernel must fit.
        padding = Math.Max(padding, (kernel - Math.Min(height, width) + 1) / 2);
        var shape = new ConvolutionShape(kernel, stride, padding, Size(height), Size(width));
        var taps = kernel * kernel;
        var weights = stage.Normals(outputs * inputs * taps);
        var dy = stage.Draw([outputs], shape.Height, shape.Width);
        var other = random.Next(2) == 0 ? null : stage.Draw([inputs], height, width);
        var dx = stage.New([inputs], height, width);
        var layout = new PanelLayout(outputs, inputs, taps, together);
        var actual = stage.Run(new Kernel(method, dy.View, dx, shape, layout, weights, other?.Segment.Buffer), dx);
        for (var image = 0; image < dy.Count; image++)
        {
            var (gradient, expected) = (dy.Image(image), other?.Image(image) ?? new double[inputs * height * width]);
            for (var i = 0; i < gradient.Length; i++)
            {
                var (output, y, x) = (i / shape.Pixels, i % shape.Pixels / shape.Width, i % shape.Width);
                for (var tap = 0; tap < taps; tap++)
                {
                    var (sy, sx) = ((y * stride) + (tap / kernel) - padding, (x * stride) + (tap % kernel) - padding);
                    for (var input = 0; sy >= 0 && sx >= 0 && sy < height && sx < width && input < inputs; input++)
                    {
                        expected[(((input * height) + sy) * width) + sx] += gradient[i] * weights[(((output * inputs) + input) * taps) + tap];
                    }
                }
            }

            var what = $"{method}, kernel {kernel}, stride {stride}, padding {padding}, {inputs} to {outputs} channels, {height}×{width}";
            Close.To(expected, actual, image, method is ConvolutionMethod.Winograd4 ? 1e-5 : 2e-6, what);
        }

        int Size(int side) => ((side + (2 * padding) - kernel) / stride) + 1;
    }

    private sealed record Kernel(ConvolutionMethod Method, View Dy, View Dx, ConvolutionShape Shape, PanelLayout Layout, float[] Weights, int? Added) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var to = new PanelLayout(Layout.Inputs, Layout.Outputs, Layout.Taps, Method != ConvolutionMethod.Product);
            var (zeros, bias) = (Zeros.New(), ParameterPlace.Alone(new RowLayout(1, Dx.Channels), []));

            // With nothing but NaNs where the transposed weights go.
            var packed = new PackedWeights(Layout, Weights, WeightPrecision.Float32);
            var transposed = new PackedWeights(to, ParameterPlace.Alone(to, []));
            unsafe
            {
                new Span<float>(transposed.Start, (int)to.Floats).Fill(float.NaN);
            }

            var epilogue = new Epilogue(bias, Dx.Segments[0], null, Added);
            IStep convolution = Method == ConvolutionMethod.Product
                ? new DirectConvolution<T, Float32Weights>(Dy, TapPhase.Transposed(Shape, Dx.Height, Dx.Width), Dx.Width, Dx.Height, transposed, epilogue, zeros)
                : Convolutions.Create<T>(Method, Dy, Shape with { Height = Dx.Height, Width = Dx.Width }, transposed, epilogue, zeros);
            var transpose = new TransposedWeights(packed, transposed, half: Method != ConvolutionMethod.Product);
            return new Owning(new Following(transpose, convolution), [packed, transposed, bias, zeros]);
        }
    }
}
