using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>Writes the steps of a program, one method for each kind, and the buffers they need with the times these are in use.</summary>
internal sealed class Steps<T>
    where T : unmanaged, ISimd<T>
{
    private readonly Func<ParameterSpec, HostTensor> weights;
    private readonly WeightPrecision precision;
    private readonly AlignedMemory zeros;
    private readonly List<IStep> steps = [];
    private readonly List<string> names = [];
    private readonly List<ArenaLayout.Buffer> buffers = [];
    private readonly List<IDisposable> owned = [];

    public Steps(Func<ParameterSpec, HostTensor> weights, WeightPrecision precision, int mostChannels)
    {
        (this.weights, this.precision) = (weights, precision);
        var size = Segment.Round(mostChannels);
        zeros = Own(new AlignedMemory(sizeof(float) * (long)size));
        unsafe
        {
            new Span<float>(zeros.Floats, size).Clear();
        }
    }

    public Program Finish() => new(steps, names, new ArenaLayout(buffers), owned);

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

    public View Condition(bool ofLabel) => Vector(1, "condition", y => new Conditions(ofLabel, null, y));

    public View Embed(Operation.TimestepEmbedding embedding, bool ofLabel) =>
        Vector(embedding.Dimension, "sinusoid", y => new TimestepEmbedding(embedding, ofLabel, y));

    public View Look(Operation.Embedding embedding, bool ofLabel) => ofLabel
        ? Vector(embedding.Table.Shape[1], "table", y => new Conditions(true, Weights(embedding.Table), y))
        : throw new NotSupportedException($"{embedding.Table.Name}: the managed engine looks labels up in tables, nothing else");

    public View Convolve(PendingConvolution c)
    {
        var outputs = c.Weight.Shape[0];
        var view = New(outputs, c.Shape.Height, c.Shape.Width, c.Input.PerCondition);
        var method = Convolutions.Best(c.Input, c.Shape, outputs);
        var packed = Own(new PackedWeights(Weights(c.Weight), outputs, c.Weight.Shape[1], c.Shape.Kernel * c.Shape.Kernel, method, precision));
        var epilogue = Own(new Epilogue(c.Bias is null ? [] : Weights(c.Bias), view.Segments[0], c.Vector, c.Residual));
        var step = Convolutions.Create<T>(method, c.Input, c.Shape, packed, epilogue, zeros);
        Append(c.Weight.Name, step, c.Input);
        Use(c.Vector?.Buffer);
        Use(c.Residual);
        return view;
    }

    public View Normalize(PendingNormalization n)
    {
        var view = New(n.Input.Channels, n.Input.Height, n.Input.Width, n.Input.PerCondition);
        IStep step = n.Bias is { } bias
            ? Own(new Normalization<T>(n.Input, view.Segments[0], n.Options, Weights(n.Weight), Weights(bias)))
            : Own(new PixelNormalization<T>(n.Input, view.Segments[0], n.Options, Weights(n.Weight)));
        Append(n.Weight.Name, step, n.Input);
        Use(n.Options.ScaleShift?.Buffer);
        return view;
    }

    public View Attend(PendingAttention a)
    {
        var view = Like(a.Qkv[0]);
        var heads = a.Operation.Heads;
        var memory = a.Operation.Memory is { } m ? Own(new AttentionMemory(Weights(m), heads, m.Shape[2], m.Shape[3], channelsFirst: false)) : null;
        Append("attention", new Attention<T>(a.Qkv, view.Segments[0], heads, memory, a.Residual), a.Qkv);
        Use(a.Residual);
        return view;
    }

    public View Attend(View[] qkv, Operation.LinearAttention attention)
    {
        var view = Like(qkv[0]);
        var memory = attention.Memory is { } m ? Own(new AttentionMemory(Weights(m), attention.Heads, m.Shape[3], m.Shape[2], channelsFirst: true)) : null;
        Append("linear attention", new LinearAttention<T>(qkv, view.Segments[0], attention.Heads, memory), qkv);
        return view;
    }

    public View Gelu(View x) => Pointwise("gelu", x, new GeluOperation());

    public View Silu(View x) => Pointwise("silu", x, new SiluOperation());

    public View Affine(View x, Operation.Affine affine) => Pointwise("affine", x, new AffineOperation(affine.Factor, affine.Offset));

    public View Add(View a, View b) => Pointwise("add", a, new AddOperation(), second: b.Segments[0]);

    public View AddVector(View x, VectorSource vector) => Pointwise("add", x, new AddOperation(), vector: vector);

    public View ScaleShift(View x, VectorSource vector) => Pointwise("scale", x, new ScaleShiftOperation(), vector: vector);

    public View Pool(View x, ImageShape shape) => Copy("pool", x, New(shape.Channels, shape.Height, shape.Width, x.PerCondition), pool: true);

    /// <summary>Writes a view's joined, repeated or bordered pixels.</summary>
    public View Write(View x)
    {
        var (scale, border) = (x.Doubled ? 2 : 1, x.Bordered ? 1 : 0);
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
        Append(name, new Pointwise<T, TOperation>(x, view.Segments[0], operation, second, vector), x);
        Use(second?.Buffer);
        Use(vector?.Buffer);
        return view;
    }

    private View Vector(int channels, string name, Func<Segment, IStep> step)
    {
        var view = New(channels, 1, 1, perCondition: true);
        Append(name, step(view.Segments[0]));
        return view;
    }

    private View Like(View x) => New(x.Channels, x.Height, x.Width, x.PerCondition);

    // Written by the step that is appended next.
    private View New(int channels, int height, int width, bool perCondition)
    {
        var segment = new Segment(buffers.Count, channels);
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

    private float[] Weights(ParameterSpec spec) => spec.Accept(weights(spec)).Data;

    private TOwned Own<TOwned>(TOwned resource)
        where TOwned : IDisposable
    {
        owned.Add(resource);
        return resource;
    }
}
