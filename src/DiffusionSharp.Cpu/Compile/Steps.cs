using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Embedding;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>Writes the steps of a program, one method for each kind, and the buffers they need with the times these are in use.</summary>
internal sealed partial class Steps<T>
    where T : unmanaged, ISimd<T>
{
    private readonly IParameterSource parameters;
    private readonly AlignedMemory zeros;
    private readonly ParameterPlace noBias;
    private readonly List<IStep> steps = [];
    private readonly List<string> names = [];
    private readonly List<ArenaLayout.Buffer> buffers = [];

    // Those of more than one pixel.
    private readonly HashSet<int> images = [];
    private readonly List<IDisposable> owned = [];

    public Steps(IParameterSource parameters, int mostChannels)
    {
        this.parameters = parameters;
        noBias = Own(ParameterPlace.Alone(new RowLayout(1, mostChannels), []));
        var size = Segment.Round(mostChannels) + PanelLayout.Panel;
        zeros = Own(new AlignedMemory(sizeof(float) * (long)size));
        unsafe
        {
            new Span<float>(zeros.Floats, size).Clear();
        }
    }

    /// <summary>Steps written so far.</summary>
    public int Count => steps.Count;

    public Program Finish()
    {
        AllocateTransposed();
        InsertCasts();
        return new(steps, names, new ArenaLayout(buffers), owned);
    }

    public View Input(ImageShape shape)
    {
        var view = New(shape.Channels, shape.Height, shape.Width, perCondition: false);
        Append("input", new ImageInput(view));
        return view;
    }

    public void Output(View x)
    {
        Append("output", new ImageOutput(x), x);
    }

    public View Condition(bool ofLabel, bool perCondition) => Vector(1, "condition", perCondition, y => new Conditions(ofLabel, null, y));

    public View Embed(Operation.TimestepEmbedding embedding, bool ofLabel, bool perCondition) =>
        Vector(embedding.Dimension, "sinusoid", perCondition, y => new TimestepEmbedding(embedding, ofLabel, y));

    public View Look(Operation.Embedding embedding, bool ofLabel, bool perCondition) => ofLabel
        ? Vector(embedding.Table.Shape[1], "table", perCondition, y => new Conditions(true, Rows(embedding.Table), y))
        : throw new NotSupportedException($"{embedding.Table.Name}: the managed engine looks labels up in tables, nothing else");

    public View Convolve(View x, ParameterSpec weight, ParameterSpec? bias, ConvolutionShape shape, VectorSource? vector, int? residual, bool relu = false)
    {
        var outputs = weight.Shape[0];
        var view = New(outputs, shape.Height, shape.Width, x.PerCondition);
        var method = Convolutions.Best(x, shape, outputs);
        var packed = parameters.Packed(weight, Convolutions.Layout(weight, method));
        var epilogue = new Epilogue(bias is null ? noBias : Rows(bias), view.Segments[0], vector, residual, relu);
        Append(weight.Name, Convolutions.Create<T>(method, x, shape, packed, epilogue, zeros), x);
        Use(vector?.Buffer);
        Use(residual);
        return view;
    }

    /// <summary>A norm of groups, and the statistics it leaves.</summary>
    public (View Result, Segment Statistics) Normalize(View x, ParameterSpec scale, ParameterSpec shift, NormalizationOptions options)
    {
        var view = New(x.Channels, x.Height, x.Width, x.PerCondition);
        var statistics = New(GroupNormalization<T>.StatisticRows * view.Segments[0].Stride, 1, 1, x.PerCondition).Segments[0];
        Append(scale.Name, new GroupNormalization<T>(x, view.Segments[0], statistics, options, Rows(scale), Rows(shift)), x);
        Use(options.ScaleShift?.Buffer);
        return (view, statistics);
    }

    public View NormalizePixels(View x, ParameterSpec scale, NormalizationOptions options)
    {
        var view = New(x.Channels, x.Height, x.Width, x.PerCondition);
        Append(scale.Name, new PixelNormalization<T>(x, view.Segments[0], options, Rows(scale)), x);
        Use(options.ScaleShift?.Buffer);
        return view;
    }

    public View Attend(View[] qkv, Operation.Attention attention, int? residual)
    {
        var view = Like(qkv[0]);
        Append("attention", new SoftmaxAttention<T>(qkv, view.Segments[0], attention.Heads, Memory(attention), residual), qkv);
        Use(residual);
        return view;
    }

    public View Attend(View[] qkv, Operation.LinearAttention attention)
    {
        var view = Like(qkv[0]);
        Append("linear attention", new LinearAttention<T>(qkv, view.Segments[0], attention.Heads, Memory(attention)), qkv);
        return view;
    }

    public View Gelu(View x) => Pointwise("gelu", x, new GeluOperation());

    public View Silu(View x) => Pointwise("silu", x, new SiluOperation());

    public View Relu(View x) => Pointwise("relu", x, new ReluOperation());

    public View Affine(View x, double factor, double offset) => Pointwise("affine", x, new AffineOperation(factor, offset));

    public View Drop(View x, (double Probability, int Node) mask)
    {
        var view = Like(x);
        Append("dropout", new Dropout<T>(x, view.Segments[0], mask), x);
        return view;
    }

    public View Add(View a, View b) => Pointwise("add", a, new AddOperation(), second: b.Segments[0]);

    public View AddVector(View x, VectorSource vector) => Pointwise("add", x, new AddOperation(), vector: vector);

    public View ScaleShift(View x, VectorSource vector) => Pointwise("scale", x, new ScaleShiftOperation(), vector: vector);

    public View Pool(View x, ImageShape shape) => Copy("pool", x, New(shape.Channels, shape.Height, shape.Width, x.PerCondition), pool: true);

    /// <summary>One value of each window of pixels.</summary>
    public View Windows<TPooling>(View x, TPooling pooling, PoolingShape windows, ImageShape shape)
        where TPooling : struct, IPooling
    {
        var view = New(shape.Channels, shape.Height, shape.Width, x.PerCondition);
        Append("pool", new Pooling<T, TPooling>(x, view, pooling, windows), x);
        return view;
    }

    public View Mean(View x)
    {
        var view = New(x.Channels, 1, 1, x.PerCondition);
        Append("mean", new PixelSums<T>(x, view.Segments[0], mean: true), x);
        return view;
    }

    public View Tokens(View x, ParameterSpec positions)
    {
        var view = New(x.Channels, 1, x.Pixels + 1, x.PerCondition);
        Append(positions.Name, new PoolTokens(x, view.Segments[0], parameters.Place(positions, new PositionLayout(x.Pixels + 1, x.Channels))), x);
        return view;
    }

    public View First(View x)
    {
        var view = New(x.Channels, 1, 1, x.PerCondition);
        Append("first pixel", new FirstPixel(x, view.Segments[0]), x);
        return view;
    }

    /// <summary>Writes a view's joined, repeated or padded pixels.</summary>
    public View Write(View x)
    {
        var (scale, border) = (x.Upsampled ? 2 : 1, x.Padded ? 1 : 0);
        return Copy("copy", x, New(x.Channels, (x.Height * scale) + border, (x.Width * scale) + border, x.PerCondition));
    }

    /// <summary>Writes a condition's value for each image of it.</summary>
    public View PerImage(View x)
    {
        var plain = x.IsPlain ? x : Write(x);
        return Copy("expand", plain, New(plain.Channels, plain.Height, plain.Width, perCondition: false));
    }

    private View Copy(string name, View from, View to, bool pool = false)
    {
        Append(name, new Copy(from, to, pool), from);
        return to;
    }

    private View Pointwise<TOperation>(string name, View x, TOperation operation, Segment? second = null, VectorSource? vector = null)
        where TOperation : struct, IPointwise
    {
        var view = Like(x);
        Append(name, new PointwiseStep<T, TOperation>(x, view.Segments[0], operation, second, vector), x);
        Use(second?.Buffer);
        Use(vector?.Buffer);
        return view;
    }

    private View Vector(int channels, string name, bool perCondition, Func<Segment, IStep> step)
    {
        var view = New(channels, 1, 1, perCondition);
        Append(name, step(view.Segments[0]));
        return view;
    }

    private View Like(View x) => New(x.Channels, x.Height, x.Width, x.PerCondition);

    // Written by the step that is appended next.
    private View New(int channels, int height, int width, bool perCondition)
    {
        var segment = new Segment(buffers.Count, channels);
        if (height * width > 1)
        {
            images.Add(buffers.Count);
        }

        buffers.Add(new((long)height * width * segment.Stride, perCondition, steps.Count, steps.Count));
        return new View([segment], height, width, perCondition);
    }

    private void Append(string name, IStep step, params View[] inputs)
    {
        steps.Add(step);
        names.Add(name);
        foreach (var segment in inputs.SelectMany(i => i.Segments))
        {
            Use(segment.Buffer);
        }
    }

    // Read by the step that was appended last.
    private void Use(int? buffer)
    {
        if (buffer is { } b)
        {
            buffers[b] = buffers[b] with { Last = steps.Count - 1 };
        }
    }

    // A vector, or a table of rows.
    private ParameterPlace Rows(ParameterSpec spec) => parameters.Place(spec, RowsOf(spec));

    private static RowLayout RowsOf(ParameterSpec spec) => spec.Shape.Count == 1 ? new RowLayout(1, spec.Shape[0]) : new RowLayout(spec.Shape[0], spec.Shape[1]);

    private AttentionMemory? Memory(Operation.Attention a) => a.Memory is { } m ? Memory(m, new MemoryLayout(a.Heads, m.Shape[2], m.Shape[3], ChannelsFirst: false)) : null;

    private AttentionMemory? Memory(Operation.LinearAttention a) => a.Memory is { } m ? Memory(m, new MemoryLayout(a.Heads, m.Shape[3], m.Shape[2], ChannelsFirst: true)) : null;

    private AttentionMemory Memory(ParameterSpec spec, MemoryLayout layout) => new(layout, parameters.Place(spec, layout));

    private TOwned Own<TOwned>(TOwned resource)
        where TOwned : IDisposable
    {
        owned.Add(resource);
        return resource;
    }
}
