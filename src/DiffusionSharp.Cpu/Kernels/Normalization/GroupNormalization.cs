using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>
/// Group normalisation with its scale and shift, a further scale and shift for each image where the network has them, and SiLU. Means
/// and variances come from chunks of pixels, each centred by itself in float32 and merged in float64 (Chan et al. 1979): a mean
/// far from zero costs no digits, and neither threads nor vectors change the order.
/// </summary>
internal sealed unsafe class GroupNormalization<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int ChunkPixels = 64;

    private readonly View input;
    private readonly Segment output;
    private readonly NormalizationOptions options;
    private readonly Segment statistics;
    private readonly ParameterPlace scale;
    private readonly ParameterPlace shift;
    private readonly Action<int, int> measure;
    private readonly Action<int, int> combine;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    /// <param name="input">What is read.</param>
    /// <param name="output">Where the result goes.</param>
    /// <param name="statistics">Receives each image's factors, offsets, means and inverse deviations, for each channel.</param>
    /// <param name="options">Groups, and what follows.</param>
    /// <param name="scale">One value for each channel.</param>
    /// <param name="shift">One value for each channel.</param>
    public GroupNormalization(View input, Segment output, Segment statistics, NormalizationOptions options, ParameterPlace scale, ParameterPlace shift)
    {
        Debug.Assert(input is { Upsampled: false, Padded: false } && input.Segments.SkipLast(1).All(s => s.Channels == s.Stride), "segments must fill their vectors");
        Debug.Assert(input.Channels == output.Channels && output.Channels % options.Groups == 0, "groups must share out the channels");
        Debug.Assert(statistics.Stride == StatisticRows * output.Stride, "each channel has its statistics");
        (this.input, this.output, this.statistics, this.options) = (input, output, statistics, options);
        (this.scale, this.shift) = (scale, shift);
        (measure, combine, apply) = (Measure, Combine, Apply);
    }

    /// <summary>Values kept for each channel of an image.</summary>
    public const int StatisticRows = 4;

    private int Stride => output.Stride;

    private int Chunks => (input.Pixels + ChunkPixels - 1) / ChunkPixels;

    // Of each image: sums and squares of each chunk.
    private nint ImageFloats => (nint)2 * Stride * Chunks;

    public ScratchNeed Scratch(int images, int threads) => new(images * (long)ImageFloats, options.Dropout is null ? 0 : Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var images = workspace.Count(input.PerCondition);
        workspace.Team.For(images * Chunks, measure);
        workspace.Team.For(images, combine);
        workspace.Team.For(images * Chunks, apply);
    }

    private float* Statistics(int image, int chunk) => workspace.Shared + (image * ImageFloats) + ((nint)2 * Stride * chunk);

    private float* Factors(int image) => workspace.Pointer(statistics.Buffer) + ((nint)image * statistics.Stride);

    private int PixelsOf(int chunk) => Math.Min(ChunkPixels, input.Pixels - (chunk * ChunkPixels));

    private void Measure(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var sums = Statistics(image, chunk);
        foreach (var segment in input.Segments)
        {
            var pixels = input.Locate(segment, workspace);
            Measure(pixels.At(image, chunk * ChunkPixels), pixels.Stride, PixelsOf(chunk), sums, sums + Stride);
            sums += segment.Channels;
        }
    }

    // Four vectors at a time: one chain of additions alone would wait for each of them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Measure(float* x, nint stride, int pixels, float* sums, float* squares)
    {
        var each = T.Broadcast(1f / pixels);
        nint c = 0;
        for (; c + (4 * T.Width) <= stride; c += 4 * T.Width)
        {
            T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
            var p = x + c;
            for (var i = 0; i < pixels; i++, p += stride)
            {
                s0 = T.Add(s0, T.Load(p));
                s1 = T.Add(s1, T.Load(p + T.Width));
                s2 = T.Add(s2, T.Load(p + (2 * T.Width)));
                s3 = T.Add(s3, T.Load(p + (3 * T.Width)));
            }

            T m0 = T.Multiply(s0, each), m1 = T.Multiply(s1, each), m2 = T.Multiply(s2, each), m3 = T.Multiply(s3, each);
            T q0 = T.Zero, q1 = T.Zero, q2 = T.Zero, q3 = T.Zero;
            p = x + c;
            for (var i = 0; i < pixels; i++, p += stride)
            {
                q0 = Square(T.Load(p), m0, q0);
                q1 = Square(T.Load(p + T.Width), m1, q1);
                q2 = Square(T.Load(p + (2 * T.Width)), m2, q2);
                q3 = Square(T.Load(p + (3 * T.Width)), m3, q3);
            }

            Store(m0, m1, m2, m3, sums + c);
            Store(q0, q1, q2, q3, squares + c);
        }

        for (; c < stride; c += T.Width)
        {
            var (s, q) = (T.Zero, T.Zero);
            for (var i = 0; i < pixels; i++)
            {
                s = T.Add(s, T.Load(x + c + (i * stride)));
            }

            var m = T.Multiply(s, each);
            for (var i = 0; i < pixels; i++)
            {
                q = Square(T.Load(x + c + (i * stride)), m, q);
            }

            T.Store(m, sums + c);
            T.Store(q, squares + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Square(T x, T mean, T sum)
    {
        var d = T.Subtract(x, mean);
        return T.Fma(d, d, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T a, T b, T c, T d, float* destination)
    {
        T.Store(a, destination);
        T.Store(b, destination + T.Width);
        T.Store(c, destination + (2 * T.Width));
        T.Store(d, destination + (3 * T.Width));
    }

    private void Combine(int worker, int image)
    {
        var size = output.Channels / options.Groups;
        var vector = options.ScaleShift is { } v ? v.Pointer(workspace, image) : null;
        float* factors = Factors(image), scales = scale.Floats, shifts = shift.Floats;
        for (var group = 0; group < options.Groups; group++)
        {
            var (mean, variance) = Moments(image, group * size, size);
            var inverse = 1 / Math.Sqrt(variance + options.Epsilon);
            for (var c = group * size; c < (group + 1) * size; c++)
            {
                var (factor, offset) = (scales[c] * inverse, (double)shifts[c]);
                offset -= factor * mean;
                if (vector is not null)
                {
                    var scale = 1.0 + vector[c];
                    (factor, offset) = (factor * scale, (offset * scale) + vector[output.Channels + c]);
                }

                (factors[c], factors[Stride + c]) = ((float)factor, (float)offset);
                (factors[(2 * Stride) + c], factors[(3 * Stride) + c]) = ((float)mean, (float)inverse);
            }
        }

        // What lies beyond the channels stays finite.
        for (var row = 0; row < StatisticRows; row++)
        {
            new Span<float>(factors + (row * Stride) + output.Channels, Stride - output.Channels).Clear();
        }
    }

    private (double Mean, double Variance) Moments(int image, int first, int size)
    {
        var sum = 0.0;
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            var means = Statistics(image, chunk);
            var part = 0.0;
            for (var c = first; c < first + size; c++)
            {
                part += means[c];
            }

            sum += part * PixelsOf(chunk);
        }

        var count = (double)size * input.Pixels;
        var mean = sum / count;
        var squares = 0.0;
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            var means = Statistics(image, chunk);
            var (within, between) = (0.0, 0.0);
            for (var c = first; c < first + size; c++)
            {
                var d = means[c] - mean;
                between += d * d;
                within += means[Stride + c];
            }

            squares += within + (between * PixelsOf(chunk));
        }

        return (mean, squares / count);
    }

    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var factors = Factors(image);
        var pixels = PixelsOf(chunk);
        var pixel = chunk * ChunkPixels;
        var start = workspace.Pointer(output.Buffer) + ((((nint)image * input.Pixels) + pixel) * Stride);
        var y = start;
        foreach (var segment in input.Segments)
        {
            var x = input.Locate(segment, workspace);
            if (options.Silu)
            {
                Apply<Silu>(x.At(image, pixel), x.Stride, y, pixels, factors);
            }
            else
            {
                Apply<Identity>(x.At(image, pixel), x.Stride, y, pixels, factors);
            }

            y += segment.Channels;
            factors += segment.Channels;
        }

        if (options.Dropout is { } mask)
        {
            Dropout<T>.Apply(workspace, mask, image, pixel, pixels, output.Channels, start, start, workspace.Own(worker));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TActivation>(float* x, nint stride, float* y, int pixels, float* factors)
        where TActivation : struct, IActivation
    {
        for (var i = 0; i < pixels; i++, x += stride, y += Stride)
        {
            for (nint c = 0; c < stride; c += T.Width)
            {
                T.Store(TActivation.Apply(T.Fma(T.Load(x + c), T.Load(factors + c), T.Load(factors + Stride + c))), y + c);
            }
        }
    }

    private interface IActivation
    {
        static abstract T Apply(T x);
    }

    private readonly struct Silu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply(T x) => Activation.Silu(x);
    }

    private readonly struct Identity : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply(T x) => x;
    }
}
