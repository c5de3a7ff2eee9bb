using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Embedding;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

/// <summary>All ways to compute a convolution, each for every shape it can do, whichever would be chosen for it.</summary>
public class ConvolutionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_kernel_stride_and_padding(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            var kernel = 1 + (2 * random.Next(3));
            Check(Draw(random, nameof(ConvolutionMethod.Product)) with { Kernel = kernel, Stride = random.Next(1, 3), Padding = random.Next(3) }, random);
        }
    }

    [Theory]
    [InlineData(nameof(ConvolutionMethod.Winograd2))]
    [InlineData(nameof(ConvolutionMethod.Winograd4))]
    [InlineData(nameof(ConvolutionMethod.UpsampledWinograd4))]
    public void Few_tiles(string method)
    {
        var random = new Random(2);
        for (var round = 0; round < 16; round++)
        {
            Check(Draw(random, method), random);
        }
    }

    // More tiles than a thread multiplies at once.
    [Theory]
    [InlineData(nameof(ConvolutionMethod.Winograd2))]
    [InlineData(nameof(ConvolutionMethod.Winograd4))]
    [InlineData(nameof(ConvolutionMethod.UpsampledWinograd4))]
    public void More_tiles_than_a_block(string method)
    {
        var (random, side) = (new Random(2), Side(method));
        Check(Draw(random, method) with { Images = 5, Height = (6 * side) - 1, Width = (4 * side) + 1, Upsampled = false }, random);
        Check(Draw(random, method) with { Images = 1, Height = 7 * side, Width = (7 * side) + 1, Upsampled = true }, random);
    }

    // Enough for several parts, or rounds, for each thread.
    [Theory]
    [InlineData(nameof(ConvolutionMethod.Winograd2))]
    [InlineData(nameof(ConvolutionMethod.Winograd4))]
    [InlineData(nameof(ConvolutionMethod.UpsampledWinograd4))]
    public void Many_tiles(string method)
    {
        var (random, side) = (new Random(2), Side(method));
        Check(Draw(random, method) with { Images = 5, Height = (10 * side) - 1, Width = (9 * side) + 1, Upsampled = false, Channels = [7] }, random);
        Check(Draw(random, method) with { Images = 1, Height = 10 * side, Width = 10 * side, Upsampled = true, Padded = true, Channels = [5, 18] }, random);
    }

    // More input channels than are multiplied together, more outputs than matrix tiles lie side by side.
    [Theory]
    [InlineData(nameof(ConvolutionMethod.Product))]
    [InlineData(nameof(ConvolutionMethod.Winograd2))]
    [InlineData(nameof(ConvolutionMethod.Winograd4))]
    [InlineData(nameof(ConvolutionMethod.UpsampledWinograd4))]
    public void Many_channels(string method)
    {
        var random = new Random(2);
        Check(Draw(random, method) with { Images = 1, Height = 4, Width = 5, Channels = [270], Outputs = 5, Upsampled = false }, random);
        Check(Draw(random, method) with { Images = 2, Height = 3, Width = 3, Channels = [130, 7], Outputs = 83, Upsampled = false }, random);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(3, 3, 1)]
    public void A_matrix_of_a_vector_for_each_condition(int conditions, int inputs, int outputs)
    {
        var random = new Random(conditions);
        Check(Draw(random, nameof(ConvolutionMethod.Product)) with { Kernel = 1, Padding = 0, Height = 1, Width = 1, Channels = [61 * inputs], Outputs = 37 * outputs, PerCondition = true, Conditions = conditions, Images = conditions + 1, Upsampled = false, Padded = false }, random);
    }

    private static int Side(string method) => method == nameof(ConvolutionMethod.Winograd2) ? 2 : 4;

    private static ConvolutionCase Draw(Random random, string method) => new(
        Enum.Parse<ConvolutionMethod>(method),
        random.Next(1, 4),
        random.Next(1, 3),
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 40))],
        random.Next(1, 50),
        random.Next(1, 10),
        random.Next(1, 10),
        Upsampled: random.Next(3) == 0,
        Padded: random.Next(3) == 0,
        Vector: random.Next(3),
        Residual: random.Next(2) == 0,
        Precision: (WeightPrecision)random.Next(3),
        Relu: random.Next(2) == 0);

    private static void Check(ConvolutionCase drawn, Random random)
    {
        if (drawn.Method == ConvolutionMethod.UpsampledWinograd4)
        {
            drawn = drawn with { Upsampled = true, Padded = false };
        }

        var stage = new Stage(random, drawn.Images, Math.Min(drawn.Conditions, drawn.Images));
        var x = stage.Draw(drawn.Channels, drawn.Height, drawn.Width, drawn.PerCondition, mean: 0.3);
        var view = x.View with { Upsampled = drawn.Upsampled, Padded = drawn.Padded };
        var seen = Value.Shape(view);

        // The kernel must fit.
        var c = drawn with { Padding = Math.Max(drawn.Padding, (drawn.Kernel - Math.Min(seen.Height, seen.Width) + 1) / 2) };
        var (height, width) = (c.Size(seen.Height), c.Size(seen.Width));
        var taps = c.Kernel * c.Kernel;
        var weights = stage.Normals(c.Outputs * seen.Channels * taps);
        var bias = stage.Normals(c.Outputs);
        var vector = c.Vector == 0 ? null : stage.Draw([c.Outputs], 1, 1, c.PerCondition || c.Vector == 2);
        var residual = c.Residual ? stage.Draw([c.Outputs], height, width, c.PerCondition) : null;
        var output = stage.New([c.Outputs], height, width, c.PerCondition);
        var kernel = new Kernel(c, view, new ConvolutionShape(c.Kernel, c.Stride, c.Padding, height, width), output, weights, bias, vector?.Vector(!c.PerCondition && c.Vector == 2), residual?.Segment.Buffer);
        var actual = stage.Run(kernel, output);

        var stored = Array.ConvertAll(weights, w => (double)Rounded(w, c.Precision));
        var size = c.Outputs * height * width;
        for (var image = 0; image < x.Count; image++)
        {
            var of = vector?.Image(!c.PerCondition && c.Vector == 2 ? stage.ConditionOf(image) : image);
            var added = residual?.Image(image);
            var expected = Array.ConvertAll(Sum(v => v), v => c.Relu ? Math.Max(v, 0) : v);
            var scale = Sum(Math.Abs).Max();
            Assert.InRange(Error.Largest(expected, actual[(image * size)..((image + 1) * size)]) / scale, 0, c.Method is ConvolutionMethod.Product or ConvolutionMethod.Winograd2 ? 6e-7 : 4e-6);

            // The exact result; with magnitudes, what rounding errors are proportional to.
            double[] Sum(Converter<double, double> part)
            {
                var sum = ReferenceConvolution.Apply(
                    Array.ConvertAll(x.Seen(image, view), part), seen, Array.ConvertAll(stored, part), Array.ConvertAll(bias, b => part(b)), c.Kernel, c.Stride, c.Padding);
                return [.. sum.Select((s, i) => s + part(of?[i / (height * width)] ?? 0) + part(added?[i] ?? 0))];
            }
        }
    }

    private static float Rounded(float weight, WeightPrecision precision) => precision switch
    {
        WeightPrecision.Half => (float)(Half)weight,
        WeightPrecision.BFloat16 => BitConverter.UInt32BitsToSingle((uint)WeightFormat.ToBFloat16(weight) << 16),
        _ => weight,
    };

    private sealed record ConvolutionCase(
        ConvolutionMethod Method,
        int Images,
        int Conditions,
        int[] Channels,
        int Outputs,
        int Height,
        int Width,
        bool Upsampled,
        bool Padded,
        int Vector,
        bool Residual,
        WeightPrecision Precision,
        bool Relu,
        int Kernel = 3,
        int Stride = 1,
        int Padding = 1,
        bool PerCondition = false)
    {
        public int Size(int input) => ((input + (2 * Padding) - Kernel) / Stride) + 1;
    }

    private sealed record Kernel(
        ConvolutionCase Case, Layout.View Input, ConvolutionShape Shape, Layout.View Output, float[] Weights, float[] Bias, VectorSource? Vector, int? Residual) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var packed = new PackedWeights(
                new PanelLayout(Case.Outputs, Input.Channels, Shape.Places, Case.Method != ConvolutionMethod.Product), Weights, Case.Precision);
            var bias = ParameterPlace.Alone(new RowLayout(1, Case.Outputs), Bias);
            var epilogue = new Epilogue(bias, Output.Segments[0], Vector, Residual, Case.Relu);
            var zeros = new AlignedMemory(sizeof(float) * 1024);
            unsafe
            {
                new Span<float>(zeros.Floats, 1024).Clear();
            }

            return new Owning(Convolutions.Create<T>(Case.Method, Input, Shape, packed, epilogue, zeros), [packed, bias, zeros]);
        }
    }
}
