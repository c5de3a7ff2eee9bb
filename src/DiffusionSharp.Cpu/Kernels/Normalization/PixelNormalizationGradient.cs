using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>
/// The gradients of <see cref="PixelNormalization{T}"/>. With n = √C·x/max(‖x‖, least), f = g·(1 + scale), u = n·f + shift, y = silu(u) or u, and
/// du the gradient of u: dn = du·f; dx = √C/max(‖x‖, least)·(dn - n·Σ dn·n/C) over the channels of a pixel, without the sum where ‖x‖ is below the
/// least length; and over each image's pixels dg = (1 + scale)·Σ du·n, dscale = g·Σ du·n, dshift = Σ du. Sums over channels are added in 16 lanes.
/// </summary>
internal sealed unsafe class PixelNormalizationGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int Lanes = Rows.Lanes;

    private readonly View input;
    private readonly Segment outputGradient;
    private readonly NormalizationOptions options;
    private readonly ParameterPlace scale;
    private readonly Segment inputGradient;
    private readonly Segment scaleGradient;
    private readonly Segment? vectorGradient;
    private readonly Segment? output;
    private readonly int? added;
    private readonly Action<int, int> apply;
    private readonly Action<int, int> combine;
    private Workspace workspace = null!;

    /// <param name="input">x.</param>
    /// <param name="outputGradient">dy.</param>
    /// <param name="options">What the normalisation did.</param>
    /// <param name="scale">g, a value for each channel, read when the step runs.</param>
    /// <param name="inputGradient">Receives dx.</param>
    /// <param name="scaleGradient">Receives dg of each image.</param>
    /// <param name="vectorGradient">Receives the gradient of the options' scale and shift of each image; null where there are none.</param>
    /// <param name="output">Receives y once more, or null.</param>
    /// <param name="added">A buffer of dx's shape that is added to dx, or null.</param>
    public PixelNormalizationGradient(
        View input,
        Segment outputGradient,
        NormalizationOptions options,
        ParameterPlace scale,
        Segment inputGradient,
        Segment scaleGradient,
        Segment? vectorGradient,
        Segment? output = null,
        int? added = null)
    {
        Debug.Assert(input is { Upsampled: false, Padded: false, PerCondition: false } && input.Segments.SkipLast(1).All(s => s.Channels == s.Stride), "segments must fill their vectors");
        Debug.Assert(new[] { outputGradient, scaleGradient, output ?? inputGradient }.All(s => s.Channels == inputGradient.Channels) && input.Channels == inputGradient.Channels, "channels must be equal");
        Debug.Assert((options.ScaleShift is null) == (vectorGradient is null), "scale and shift have a gradient");
        Debug.Assert((vectorGradient?.Channels ?? 2 * input.Channels) == 2 * input.Channels, "each channel has its scale and shift");
        (this.input, this.outputGradient, this.options, this.scale) = (input, outputGradient, options, scale);
        (this.inputGradient, this.scaleGradient, this.vectorGradient, this.output, this.added) = (inputGradient, scaleGradient, vectorGradient, output, added);
        (apply, combine) = (Apply, Combine);
    }

    private int Channels => inputGradient.Channels;

    private int Stride => inputGradient.Stride;

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    // Sums of du·n, then of du; factors, offsets, then x and dy of a pixel.
    public ScratchNeed Scratch(int images, int threads) => new((long)images * Chunks * 2 * Stride, 4 * Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, apply);
        workspace.Team.For(workspace.Images, combine);
    }

    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        float* factors = workspace.Own(worker), x = factors + (2 * Stride), dy = x + Stride;
        var sums = workspace.Shared + ((nint)item * 2 * Stride);
        new Span<float>(sums, 2 * Stride).Clear();
        FindFactors(image, factors);
        var first = chunk * ChunkSums.Pixels;
        for (var pixel = first; pixel < first + ChunkSums.PixelsOf(chunk, input.Pixels); pixel++)
        {
            var place = (((nint)image * input.Pixels) + pixel) * Stride;
            Load(image, pixel, x);
            Panels.Copy(workspace.Pointer(outputGradient.Buffer) + place, Channels, dy, Stride);
            var length = Math.Sqrt(Dot(x, x));
            var inverse = (float)(Math.Sqrt(Channels) / Math.Max(length, options.Epsilon));
            var y = output is { } o ? workspace.Pointer(o.Buffer) + place : null;
            if (options.Silu)
            {
                Derive<Silu>(x, dy, inverse, factors, sums, y);
            }
            else
            {
                Derive<Identity>(x, dy, inverse, factors, sums, y);
            }

            // A constant length has no derivative.
            var mean = length < options.Epsilon ? 0 : Dot(x, dy) / Channels;
            Finish(x, dy, inverse, (float)mean, added is { } a ? workspace.Pointer(a) + place : null, workspace.Pointer(inputGradient.Buffer) + place);
            if (y is not null)
            {
                new Span<float>(y + Channels, Stride - Channels).Clear();
            }
        }
    }

    private void FindFactors(int image, float* factors)
    {
        Panels.Copy(scale.Floats, Channels, factors, 2 * Stride);
        if (options.ScaleShift is { } v)
        {
            var vector = v.Pointer(workspace, image);
            for (var c = 0; c < Channels; c++)
            {
                factors[c] *= 1 + vector[c];
                factors[Stride + c] = vector[Channels + c];
            }
        }
    }

    private void Load(int image, int pixel, float* x)
    {
        var end = x + Stride;
        foreach (var segment in input.Segments)
        {
            new Span<float>(input.Locate(segment, workspace).At(image, pixel), segment.Channels).CopyTo(new Span<float>(x, segment.Channels));
            x += segment.Channels;
        }

        new Span<float>(x, (int)(end - x)).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Dot(float* a, float* b)
    {
        var lanes = stackalloc float[Lanes];
        for (var lane = 0; lane < Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (nint c = lane; c < Stride; c += Lanes)
            {
                sum = T.Fma(T.Load(a + c), T.Load(b + c), sum);
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
        {
            total += lanes[lane];
        }

        return total;
    }

    // x becomes n and dy becomes dn.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Derive<TActivation>(float* x, float* dy, float inverse, float* factors, float* sums, float* y)
        where TActivation : struct, IActivation
    {
        var by = T.Broadcast(inverse);
        for (nint c = 0; c < Stride; c += T.Width)
        {
            var (n, factor) = (T.Multiply(T.Load(x + c), by), T.Load(factors + c));
            var (value, du) = TActivation.Apply(T.Fma(n, factor, T.Load(factors + Stride + c)), T.Load(dy + c));
            T.Store(T.Fma(du, n, T.Load(sums + c)), sums + c);
            T.Store(T.Add(du, T.Load(sums + Stride + c)), sums + Stride + c);
            T.Store(n, x + c);
            T.Store(T.Multiply(du, factor), dy + c);
            if (y is not null)
            {
                T.Store(value, y + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(float* n, float* dn, float inverse, float mean, float* other, float* dx)
    {
        var (by, least) = (T.Broadcast(inverse), T.Broadcast(-mean));
        for (nint c = 0; c < Stride; c += T.Width)
        {
            var value = T.Multiply(by, T.Fma(T.Load(n + c), least, T.Load(dn + c)));
            T.Store(other is null ? value : T.Add(value, T.Load(other + c)), dx + c);
        }

        new Span<float>(dx + Channels, Stride - Channels).Clear();
    }

    private void Combine(int worker, int image)
    {
        var sums = workspace.Shared + ((nint)image * Chunks * 2 * Stride);
        var vector = options.ScaleShift is { } v ? v.Pointer(workspace, image) : null;
        var dg = workspace.Pointer(scaleGradient.Buffer) + ((nint)image * Stride);
        var dv = vectorGradient is { } d ? workspace.Pointer(d.Buffer) + ((nint)image * d.Stride) : null;
        for (var c = 0; c < Channels; c++)
        {
            var products = ChunkSums.Total(sums + c, Chunks, 2 * Stride);
            dg[c] = (float)(vector is null ? products : products * (1.0 + vector[c]));
            if (dv is not null)
            {
                dv[c] = (float)(products * scale.Floats[c]);
                dv[Channels + c] = (float)ChunkSums.Total(sums + Stride + c, Chunks, 2 * Stride);
            }
        }

        new Span<float>(dg + Channels, Stride - Channels).Clear();
        if (vectorGradient is { } s)
        {
            new Span<float>(dv + s.Channels, s.Stride - s.Channels).Clear();
        }
    }

    private interface IActivation
    {
        // y and du.
        static abstract (T Value, T Gradient) Apply(T u, T dy);
    }

    private readonly struct Silu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (T Value, T Gradient) Apply(T u, T dy)
        {
            var (value, derivative) = ActivationGradient.Silu(u);
            return (value, T.Multiply(derivative, dy));
        }
    }

    private readonly struct Identity : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (T Value, T Gradient) Apply(T u, T dy) => (u, dy);
    }
}
