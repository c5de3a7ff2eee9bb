using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>
/// g·√C·x/max(‖x‖, least) over the channels of each pixel, a further scale and shift for each image where the network has them, and SiLU.
/// Squares are added in 16 lanes whatever the vectors' width.
/// </summary>
internal sealed unsafe class PixelNormalization<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int ChunkPixels = 64;
    private const int Lanes = Rows.Lanes;

    private readonly View input;
    private readonly Segment output;
    private readonly NormalizationOptions options;
    private readonly ParameterPlace scale;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    public PixelNormalization(View input, Segment output, NormalizationOptions options, ParameterPlace scale)
    {
        Debug.Assert(input is { Upsampled: false, Padded: false } && input.Segments.SkipLast(1).All(s => s.Channels == s.Stride), "segments must fill their vectors");
        Debug.Assert(input.Channels == output.Channels, "channels must be equal");
        (this.input, this.output, this.options, this.scale) = (input, output, options, scale);
        apply = Apply;
    }

    private int Chunks => (input.Pixels + ChunkPixels - 1) / ChunkPixels;

    // Factors, then offsets.
    public ScratchNeed Scratch(int images, int threads) => new(0, 2 * output.Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(input.PerCondition) * Chunks, apply);
    }

    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var factors = workspace.Own(worker);
        Combine(image, factors);
        var end = Math.Min(input.Pixels, (chunk + 1) * ChunkPixels);
        var y = workspace.Pointer(output.Buffer) + ((((nint)image * input.Pixels) + (chunk * ChunkPixels)) * output.Stride);
        for (var pixel = chunk * ChunkPixels; pixel < end; pixel++, y += output.Stride)
        {
            var inverse = (float)(Math.Sqrt(output.Channels) / Math.Max(Length(image, pixel), options.Epsilon));
            nint channel = 0;
            foreach (var segment in input.Segments)
            {
                Apply(input.Locate(segment, workspace).At(image, pixel), segment.Stride, inverse, factors + channel, y + channel);
                channel += segment.Channels;
            }
        }
    }

    // Zero behind the channels, so that what lies there stays finite.
    private void Combine(int image, float* factors)
    {
        new Span<float>(scale.Floats, output.Stride).CopyTo(new Span<float>(factors, output.Stride));
        new Span<float>(factors + output.Stride, output.Stride).Clear();
        if (options.ScaleShift is { } v)
        {
            var vector = v.Pointer(workspace, image);
            for (var c = 0; c < output.Channels; c++)
            {
                factors[c] *= 1 + vector[c];
                factors[output.Stride + c] = vector[output.Channels + c];
            }
        }
    }

    private double Length(int image, int pixel)
    {
        var lanes = stackalloc float[Lanes];
        new Span<float>(lanes, Lanes).Clear();
        foreach (var segment in input.Segments)
        {
            AddSquares(input.Locate(segment, workspace).At(image, pixel), segment.Channels, lanes);
        }

        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
        {
            sum += lanes[lane];
        }

        return Math.Sqrt(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSquares(float* x, int channels, float* lanes)
    {
        var whole = channels & ~(Lanes - 1);
        for (var lane = 0; lane < Lanes; lane += T.Width)
        {
            var sum = T.Load(lanes + lane);
            for (nint c = lane; c < whole; c += Lanes)
            {
                sum = T.Fma(T.Load(x + c), T.Load(x + c), sum);
            }

            T.Store(sum, lanes + lane);
        }

        for (var c = whole; c < channels; c++)
        {
            lanes[c - whole] = MathF.FusedMultiplyAdd(x[c], x[c], lanes[c - whole]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(float* x, int stride, float inverse, float* factors, float* y)
    {
        var by = T.Broadcast(inverse);
        var offsets = factors + output.Stride;
        for (nint c = 0; c < stride; c += T.Width)
        {
            var value = T.Fma(T.Multiply(T.Load(x + c), by), T.Load(factors + c), T.Load(offsets + c));
            T.Store(options.Silu ? Activation.Silu(value) : value, y + c);
        }
    }
}
