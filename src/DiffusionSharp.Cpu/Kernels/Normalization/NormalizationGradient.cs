using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>
/// The gradient of a norm of groups and of what follows it. With z the value before SiLU, x̂ the normalised one and γ' the whole scale of a
/// channel, x' = (γ'·z' - ⟨γ'·z'⟩ - x̂·⟨γ'·z'·x̂⟩)/σ, where ⟨⟩ is the mean over a group. The value that followed is made again beside it. Sums over
/// pixels are those of <see cref="GroupNormalization{T}"/>: of 64 pixels in float32, then in float64.
/// </summary>
internal sealed unsafe class NormalizationGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly Segment gradient;
    private readonly Segment statistics;
    private readonly NormalizationOptions options;
    private readonly ParameterPlace scale;
    private readonly ParameterPlace shift;
    private readonly NormalizationGradientOutputs outputs;
    private readonly Action<int, int> measure;
    private readonly Action<int, int> combine;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    /// <param name="input">What was normalised, in float32 or bfloat16.</param>
    /// <param name="gradient">The gradient of the result.</param>
    /// <param name="statistics">What the norm left.</param>
    /// <param name="options">Groups, and what followed.</param>
    /// <param name="scale">One value for each channel.</param>
    /// <param name="shift">One value for each channel.</param>
    /// <param name="outputs">Where the results go; that of the input may be where the gradient is.</param>
    public NormalizationGradient(
        View input, Segment gradient, Segment statistics, NormalizationOptions options, ParameterPlace scale, ParameterPlace shift, NormalizationGradientOutputs outputs)
    {
        Debug.Assert(input.Channels == gradient.Channels && outputs.Input.Channels == gradient.Channels, "channels must be equal");
        (this.input, this.gradient, this.statistics, this.options, this.outputs) = (input, gradient, statistics, options, outputs);
        (this.scale, this.shift) = (scale, shift);
        combine = Combine;
        measure = input.BFloat16 ? Measure<BFloat16Weights> : Measure<Float32Weights>;
        apply = input.BFloat16 ? Apply<BFloat16Weights> : Apply<Float32Weights>;
    }

    private int Stride => gradient.Stride;

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    // Of each image: two sums of each chunk, then two factors.
    private nint ImageFloats => (nint)2 * Stride * (Chunks + 1);

    public ScratchNeed Scratch(int images, int threads) => new(images * (long)ImageFloats, Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, measure);
        workspace.Team.For(workspace.Images, combine);
        workspace.Team.For(workspace.Images * Chunks, apply);
    }

    private float* Sums(int image, int chunk) => workspace.Shared + (image * ImageFloats) + ((nint)2 * Stride * chunk);

    private float* Factors(int image) => Sums(image, Chunks);

    private float* Statistics(int image) => workspace.Pointer(statistics.Buffer) + ((nint)image * statistics.Stride);

    private int PixelsOf(int chunk) => ChunkSums.PixelsOf(chunk, input.Pixels);

    private float* At(Segment plain, int image, int pixel) => workspace.Pointer(plain.Buffer) + ((((nint)image * input.Pixels) + pixel) * Stride);

    private nint Place(Segment segment, int image, int pixel) => (((nint)image * input.Pixels) + pixel) * segment.Stride;

    // z', which goes where x' will, and its sums.
    private void Measure<TFormat>(int worker, int item)
        where TFormat : IWeightFormat
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var (pixel, pixels) = (chunk * ChunkSums.Pixels, PixelsOf(chunk));
        float* dy = At(gradient, image, pixel), dz = At(outputs.Input, image, pixel), sums = Sums(image, chunk), of = Statistics(image);
        var y = outputs.Result is { } result ? At(result, image, pixel) : null;
        new Span<float>(sums, 2 * Stride).Clear();
        if (options.Dropout is { } mask)
        {
            Dropout<T>.Apply(workspace, mask, image, pixel, pixels, gradient.Channels, dy, dz, workspace.Own(worker));
            dy = dz;
        }

        nint channel = 0;
        foreach (var segment in input.Segments)
        {
            var again = y is null ? null : y + channel;
            void* x = workspace.Pointer(segment.Buffer);
            var place = Place(segment, image, pixel);
            if (options.Silu)
            {
                MeasureSilu<TFormat>(x, place, segment.Stride, dy + channel, dz + channel, again, pixels, sums + channel, of + channel);
            }
            else
            {
                MeasurePlain<TFormat>(x, place, segment.Stride, dy + channel, dz + channel, again, pixels, sums + channel, of + channel);
            }

            channel += segment.Channels;
        }

        if (y is not null && options.Dropout is { } second)
        {
            Dropout<T>.Apply(workspace, second, image, pixel, pixels, gradient.Channels, y, y, workspace.Own(worker));
        }
    }

    // silu'(z) = s + y·(1 - s) with s = sigmoid(z) and y = z·s.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MeasureSilu<TFormat>(void* x, nint place, nint xRow, float* dy, float* dz, float* y, int pixels, float* sums, float* of)
        where TFormat : IWeightFormat
    {
        nint row = Stride;
        var one = T.Broadcast(1);
        for (var i = 0; i < pixels; i++, place += xRow, dy += row, dz += row)
        {
            for (nint c = 0; c < xRow; c += T.Width)
            {
                var value = TFormat.Load<T>(x, place + c);
                var z = T.Fma(value, T.Load(of + c), T.Load(of + row + c));
                var divisor = T.Add(one, Activation.Exp(T.Subtract(T.Zero, z)));
                var s = T.Divide(one, divisor);
                var d = T.Multiply(T.Load(dy + c), T.Fma(T.Multiply(z, s), T.Subtract(one, s), s));
                T.Store(d, dz + c);
                if (y is not null)
                {
                    // The bits of Activation.Silu: what the convolution read.
                    T.Store(T.Divide(z, divisor), y + c);
                }

                T.Store(T.Add(T.Load(sums + c), d), sums + c);
                T.Store(T.Fma(d, T.Subtract(value, T.Load(of + (2 * row) + c)), T.Load(sums + row + c)), sums + row + c);
            }

            y = y is null ? null : y + row;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MeasurePlain<TFormat>(void* x, nint place, nint xRow, float* dy, float* dz, float* y, int pixels, float* sums, float* of)
        where TFormat : IWeightFormat
    {
        nint row = Stride;
        for (var i = 0; i < pixels; i++, place += xRow, dy += row, dz += row)
        {
            for (nint c = 0; c < xRow; c += T.Width)
            {
                T value = TFormat.Load<T>(x, place + c), d = T.Load(dy + c);
                T.Store(d, dz + c);
                if (y is not null)
                {
                    T.Store(T.Fma(value, T.Load(of + c), T.Load(of + row + c)), y + c);
                }

                T.Store(T.Add(T.Load(sums + c), d), sums + c);
                T.Store(T.Fma(d, T.Subtract(value, T.Load(of + (2 * row) + c)), T.Load(sums + row + c)), sums + row + c);
            }

            y = y is null ? null : y + row;
        }
    }

    private void Combine(int worker, int image)
    {
        var size = gradient.Channels / options.Groups;
        var vector = options.ScaleShift is { } v ? v.Pointer(workspace, image) : null;
        var vectorGradient = outputs.ScaleShift is { } o ? workspace.Pointer(o.Buffer) + ((nint)image * o.Stride) : null;
        float* of = Statistics(image), factors = Factors(image), scales = scale.Floats, shifts = shift.Floats;
        var rows = workspace.Pointer(outputs.Parameters.Buffer) + ((nint)image * outputs.Parameters.Stride);
        new Span<float>(rows, outputs.Parameters.Stride).Clear();
        new Span<float>(factors, 2 * Stride).Clear();
        if (outputs.ScaleShift is { } row)
        {
            new Span<float>(vectorGradient, row.Stride).Clear();
        }

        for (var group = 0; group < options.Groups; group++)
        {
            var (first, all, along) = (group * size, 0.0, 0.0);
            for (var c = first; c < first + size; c++)
            {
                var sum = Total(Sums(image, 0) + c);
                var product = Total(Sums(image, 0) + Stride + c) * of[(3 * Stride) + c];
                var more = vector is null ? 1 : 1.0 + vector[c];
                (rows[c], rows[Stride + c]) = ((float)(product * more), (float)(sum * more));
                if (vector is not null)
                {
                    vectorGradient[c] = (float)((product * scales[c]) + (sum * shifts[c]));
                    vectorGradient[gradient.Channels + c] = (float)sum;
                }

                all += scales[c] * more * sum;
                along += scales[c] * more * product;
            }

            var each = 1.0 / ((double)size * input.Pixels);
            double inverse = of[(3 * Stride) + first];
            for (var c = first; c < first + size; c++)
            {
                (factors[c], factors[Stride + c]) = ((float)(-inverse * inverse * along * each), (float)(-inverse * all * each));
            }
        }
    }

    private double Total(float* firstChunk) => ChunkSums.Total(firstChunk, Chunks, 2 * Stride);

    private void Apply<TFormat>(int worker, int item)
        where TFormat : IWeightFormat
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var pixel = chunk * ChunkSums.Pixels;
        var dx = At(outputs.Input, image, pixel);
        var added = outputs.Added is { } a ? workspace.Pointer(a) + (dx - workspace.Pointer(outputs.Input.Buffer)) : null;
        float* of = Statistics(image), factors = Factors(image);
        nint channel = 0;
        foreach (var segment in input.Segments)
        {
            var x = workspace.Pointer(segment.Buffer);
            Apply<TFormat>(x, Place(segment, image, pixel), segment.Stride, dx + channel, added is null ? null : added + channel, PixelsOf(chunk), of + channel, factors + channel);
            channel += segment.Channels;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TFormat>(void* x, nint place, nint xRow, float* dx, float* added, int pixels, float* of, float* factors)
        where TFormat : IWeightFormat
    {
        nint row = Stride;
        for (var i = 0; i < pixels; i++, place += xRow, dx += row)
        {
            for (nint c = 0; c < xRow; c += T.Width)
            {
                var centred = T.Subtract(TFormat.Load<T>(x, place + c), T.Load(of + (2 * row) + c));
                var value = T.Fma(T.Load(dx + c), T.Load(of + c), T.Fma(centred, T.Load(factors + c), T.Load(factors + row + c)));
                T.Store(added is null ? value : T.Add(value, T.Load(added + c)), dx + c);
            }

            added = added is null ? null : added + row;
        }
    }
}
