using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>From fused nodes to steps, one after the other. Joined channels, repeated pixels and borders stay views.</summary>
internal sealed class Emitter<T>(FusedNode[] nodes, Steps<T> steps, bool training = false)
    where T : unmanaged, ISimd<T>
{
    private readonly View[] views = new View[nodes.Length];
    private readonly Segment?[] statistics = new Segment?[nodes.Length];
    private readonly View?[] normalized = new View?[nodes.Length];
    private View? augmentation;

    /// <summary>Writes the steps of all nodes; returns the prediction.</summary>
    public View Emit()
    {
        for (var i = 0; i < nodes.Length; i++)
        {
            views[i] = Emit(i, nodes[i]);
        }

        return Plain(nodes.Length - 1);
    }

    /// <summary>Where a node's value lies.</summary>
    public View ViewOf(int node) => views[node];

    /// <summary>A value in one buffer.</summary>
    public View Plain(int node) => views[node].IsPlain ? views[node] : views[node] = steps.Write(views[node]);

    /// <summary>What a norm read.</summary>
    public View ReadBy(int node) => normalized[node]!;

    /// <summary>The labels of augmentations.</summary>
    public View Augmentation => augmentation!;

    /// <summary>Where the statistics of a norm of groups lie.</summary>
    public Segment StatisticsOf(int node) => statistics[node]!.Value;

    /// <summary>A vector of one value a channel for each image.</summary>
    public VectorSource Vector(int node, bool perCondition)
    {
        var view = Plain(node);
        return new VectorSource(view.Segments[0].Buffer, view.Segments[0].Stride, view.PerCondition && !perCondition);
    }

    private View Emit(int i, FusedNode node)
    {
        var inputs = node.Inputs;
        switch (node.Operation)
        {
            case Operation.InputX:
                return steps.Input(node.Shape);
            case Operation.InputTimestep or Operation.InputLabel:
                return steps.Condition(node.Operation is Operation.InputLabel, node.PerCondition);
            case Operation.TimestepEmbedding { Augmentation: { } labels } embedding when training:
                augmentation = steps.Augmentation(labels.Shape[1]);
                return steps.Convolve(augmentation, labels, null, new(1, 1, 0, 1, 1), null, steps.Embed(embedding, IsOfLabel(node), node.PerCondition).Segments[0].Buffer);
            case Operation.TimestepEmbedding embedding:
                return steps.Embed(embedding, IsOfLabel(node), node.PerCondition);
            case Operation.Embedding embedding:
                return steps.Look(embedding, IsOfLabel(node), node.PerCondition);
            case Operation.Conv2d c:
                return steps.Convolve(views[inputs[0]], c.Weight, c.Bias, new(c.Kernel, c.Stride, c.Padding, node.Shape.Height, node.Shape.Width), VectorOf(node), ResidualOf(node), node.Relu);
            case Operation.Linear l:
                return steps.Convolve(views[inputs[0]], l.Weight, l.Bias, new(1, 1, 0, node.Shape.Height, node.Shape.Width), VectorOf(node), ResidualOf(node), node.Relu);
            case Operation.GroupNorm n:
                {
                    var (view, kept) = steps.Normalize(normalized[i] = Aligned(inputs[0]), n.Weight, n.Bias, OptionsOf(node, n.Groups, n.Epsilon));
                    statistics[i] = kept;
                    return view;
                }

            case Operation.RmsNorm n:
                return steps.NormalizePixels(normalized[i] = Aligned(inputs[0]), n.Weight, OptionsOf(node, 1, n.Floor));
            case Operation.Gelu:
                return steps.Gelu(Plain(inputs[0]));
            case Operation.Silu:
                return steps.Silu(Plain(inputs[0]));
            case Operation.Relu:
                return steps.Relu(Plain(inputs[0]));
            case Operation.ScaleShift:
                {
                    var x = PerImageUnless(node.PerCondition, Plain(inputs[0]));
                    return steps.ScaleShift(x, Vector(inputs[1], x.PerCondition));
                }

            case Operation.AddPerChannel:
                {
                    var x = PerImageUnless(node.PerCondition, Plain(inputs[0]));
                    return steps.AddVector(x, Vector(inputs[1], x.PerCondition));
                }

            case Operation.Add:
                {
                    var both = Together(inputs, Plain);
                    return steps.Add(both[0], both[1]);
                }

            case Operation.Affine affine:
                return steps.Affine(Plain(inputs[0]), affine.Factor, affine.Offset);
            case Operation.Dropout:
                return steps.Drop(Plain(inputs[0]), node.Dropout!.Value);
            case Operation.Concat:
                return Concat(Together(inputs, n => views[n]));
            case Operation.UpsampleNearest:
                return views[inputs[0]] is { Upsampled: false, Padded: false } stored ? stored with { Upsampled = true } : Plain(inputs[0]) with { Upsampled = true };
            case Operation.PadRightBottom:
                return views[inputs[0]] is { Padded: false } open ? open with { Padded = true } : Plain(inputs[0]) with { Padded = true };
            case Operation.AveragePool:
                return steps.Pool(views[inputs[0]] is { Padded: false } pooled ? pooled : Plain(inputs[0]), node.Shape);
            case Operation.MaxPool p:
                return steps.Windows(Aligned(inputs[0]), default(MaxPooling), new(p.Kernel, p.Stride, p.Padding), node.Shape);
            case Operation.MeanPool p:
                return steps.Windows(Aligned(inputs[0]), default(MeanPooling), new(p.Kernel, p.Stride, p.Padding), node.Shape);
            case Operation.MeanPixel:
                return steps.Mean(Plain(inputs[0]));
            case Operation.PoolTokens tokens:
                return steps.Tokens(Plain(inputs[0]), tokens.Positions);
            case Operation.FirstPixel:
                return steps.First(Plain(inputs[0]));
            case Operation.Attention attention:
                return steps.Attend(Together(inputs, Plain), attention, ResidualOf(node));
            case Operation.LinearAttention attention:
                return steps.Attend(Together(inputs, Plain), attention);
            default:
                throw new NotSupportedException($"{node.Name}: the managed engine has no kernel for {node.Operation.GetType().Name}");
        }
    }

    private bool IsOfLabel(FusedNode node) => nodes[node.Inputs[0]].Operation switch
    {
        Operation.InputLabel => true,
        Operation.InputTimestep => false,
        _ => throw new NotSupportedException($"{node.Name}: the managed engine embeds timesteps and labels only"),
    };

    private VectorSource? VectorOf(FusedNode node) => node.Vector is { } v ? Vector(v, node.PerCondition) : null;

    private int? ResidualOf(FusedNode node) => node.Residual is { } r ? Plain(r).Segments[0].Buffer : null;

    private NormalizationOptions OptionsOf(FusedNode node, int groups, double epsilon) =>
        new(groups, epsilon, node.ScaleShift is { } s ? Vector(s, node.PerCondition) : null, node.Silu, node.Dropout);

    private View PerImageUnless(bool perCondition, View x) => perCondition || !x.PerCondition ? x : steps.PerImage(x);

    // Values that are read together: if one has a value for each image, all do.
    private View[] Together(ValueList<int> inputs, Func<int, View> view)
    {
        var found = inputs.Select(view).ToArray();
        return found.All(v => v.PerCondition) ? found : [.. found.Select(v => v.PerCondition ? steps.PerImage(v) : v)];
    }

    private View Concat(View[] joined)
    {
        var plain = joined.Select(v => v.Upsampled || v.Padded ? steps.Write(v) : v).ToArray();
        return plain[0] with { Segments = [.. plain.SelectMany(v => v.Segments)] };
    }

    // Groups are measured and windows pooled vector by vector, which needs every segment but the last to fill its own.
    private View Aligned(int value)
    {
        var view = views[value];
        var aligned = view is { Upsampled: false, Padded: false } && view.Segments.SkipLast(1).All(s => s.Channels == s.Stride);
        return aligned ? view : Plain(value);
    }
}
