using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// Turns a graph into steps. A convolution, an attention or a normalisation is held back until its value is asked for, so that the additions,
/// the scale and shift and the SiLU that follow it alone become part of it; joined channels, repeated pixels and borders stay views.
/// </summary>
internal sealed class Compiler<T>
    where T : unmanaged, ISimd<T>
{
    private readonly IReadOnlyList<Node> nodes;
    private readonly Steps<T> steps;
    private readonly int[] uses;
    private readonly View?[] views;
    private readonly PendingConvolution?[] convolutions;
    private readonly PendingAttention?[] attentions;
    private readonly PendingNormalization?[] normalizations;

    private Compiler(InferenceGraph graph, WeightPrecision precision)
    {
        (nodes, uses) = (graph.Nodes, InferenceGraph.Uses(graph.Nodes));
        var count = nodes.Count;
        (views, convolutions, attentions, normalizations) = (new View?[count], new PendingConvolution?[count], new PendingAttention?[count], new PendingNormalization?[count]);
        steps = new Steps<T>(graph.Weights, precision, nodes.Max(n => n.Shape.Channels));
    }

    /// <summary>Compiles a network; each parameter's weights are asked for once.</summary>
    public static Program Compile(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, WeightPrecision precision) =>
        new Compiler<T>(InferenceGraph.Of(graph, weights), precision).Compile();

    private Program Compile()
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            Compile(i, nodes[i]);
        }

        var result = Plain(nodes.Count - 1);
        steps.Output(result.PerCondition ? steps.PerImage(result) : result);
        return steps.Finish();
    }

    private void Compile(int i, Node node)
    {
        var inputs = node.Inputs;
        switch (node.Operation)
        {
            case Operation.InputX:
                views[i] = steps.Input(node.Shape);
                break;
            case Operation.InputTimestep or Operation.InputLabel:
                views[i] = steps.Condition(node.Operation is Operation.InputLabel);
                break;
            case Operation.TimestepEmbedding embedding:
                views[i] = steps.Embed(embedding, OfLabel(node));
                break;
            case Operation.Embedding embedding:
                views[i] = steps.Look(embedding, OfLabel(node));
                break;
            case Operation.Conv2d c:
                convolutions[i] = new PendingConvolution(View(inputs[0]), c.Weight, c.Bias, new(c.Kernel, c.Stride, c.Padding, node.Shape.Height, node.Shape.Width));
                break;
            case Operation.Linear l:
                convolutions[i] = new PendingConvolution(View(inputs[0]), l.Weight, l.Bias, new(1, 1, 0, node.Shape.Height, node.Shape.Width));
                break;
            case Operation.GroupNorm n:
                normalizations[i] = new PendingNormalization(Normalizable(inputs[0]), n.Weight, n.Bias, new(n.Groups, n.Epsilon));
                break;
            case Operation.RmsNorm n:
                normalizations[i] = new PendingNormalization(Normalizable(inputs[0]), n.Weight, null, new(1, n.Floor));
                break;
            case Operation.Gelu:
                views[i] = steps.Gelu(Plain(inputs[0]));
                break;
            case Operation.Silu when Alone(normalizations, inputs[0]) is { Options.Silu: false } held:
                normalizations[i] = held with { Options = held.Options with { Silu = true } };
                break;
            case Operation.Silu:
                views[i] = steps.Silu(Plain(inputs[0]));
                break;
            case Operation.ScaleShift when Alone(normalizations, inputs[0]) is { Options: { ScaleShift: null, Silu: false } } held && Fits(held.Input, inputs[1]):
                normalizations[i] = held with { Options = held.Options with { ScaleShift = Vector(inputs[1], held.Input.PerCondition) } };
                break;
            case Operation.ScaleShift:
                views[i] = WithVector(inputs, (x, v) => steps.ScaleShift(x, v));
                break;
            case Operation.AddPerChannel when Alone(convolutions, inputs[0]) is { Vector: null, Residual: null } held && Fits(held.Input, inputs[1]):
                convolutions[i] = held with { Vector = Vector(inputs[1], held.Input.PerCondition) };
                break;
            case Operation.AddPerChannel:
                views[i] = WithVector(inputs, (x, v) => steps.AddVector(x, v));
                break;
            case Operation.Add:
                Add(i, inputs[0], inputs[1]);
                break;
            case Operation.Affine affine:
                views[i] = steps.Affine(Plain(inputs[0]), affine);
                break;
            case Operation.Concat:
                views[i] = Concat(Together(inputs, View));
                break;
            case Operation.UpsampleNearest:
                views[i] = View(inputs[0]) is { Doubled: false, Bordered: false } x ? x with { Doubled = true } : Plain(inputs[0]) with { Doubled = true };
                break;
            case Operation.PadRightBottom:
                views[i] = View(inputs[0]) is { Bordered: false } y ? y with { Bordered = true } : Plain(inputs[0]) with { Bordered = true };
                break;
            case Operation.AveragePool:
                views[i] = steps.Pool(View(inputs[0]) is { Bordered: false } z ? z : Plain(inputs[0]), node.Shape);
                break;
            case Operation.Attention attention:
                attentions[i] = new PendingAttention(Together(inputs, Plain), attention);
                break;
            case Operation.LinearAttention attention:
                views[i] = steps.Attend(Together(inputs, Plain), attention);
                break;
            default:
                throw new NotSupportedException($"{node.Name}: the managed engine has no kernel for {node.Operation.GetType().Name}");
        }
    }

    private bool OfLabel(Node node) => nodes[node.Inputs[0]].Operation switch
    {
        Operation.InputLabel => true,
        Operation.InputTimestep => false,
        _ => throw new NotSupportedException($"{node.Name}: the managed engine embeds timesteps and labels only"),
    };

    // The held-back step whose value nobody else reads.
    private TPending? Alone<TPending>(TPending?[] held, int value)
        where TPending : class => uses[value] == 1 ? held[value] : null;

    // A value of a condition cannot take one of an image into its step.
    private bool Fits(View input, int vector) => !input.PerCondition || View(vector).PerCondition;

    private VectorSource Vector(int value, bool perCondition)
    {
        var view = Plain(value);
        return new VectorSource(view.Segments[0].Buffer, view.Segments[0].Stride, view.PerCondition && !perCondition);
    }

    private View WithVector(ValueList<int> inputs, Func<View, VectorSource, View> step)
    {
        var x = Plain(inputs[0]);
        x = Fits(x, inputs[1]) ? x : steps.PerImage(x);
        return step(x, Vector(inputs[1], x.PerCondition));
    }

    // Values that are read together: if one has a value for each image, all do.
    private View[] Together(ValueList<int> inputs, Func<int, View> view)
    {
        var found = inputs.Select(view).ToArray();
        return found.All(v => v.PerCondition) ? found : [.. found.Select(v => v.PerCondition ? steps.PerImage(v) : v)];
    }

    private void Add(int i, int a, int b)
    {
        // The later one takes the other in.
        var (host, guest) = a > b ? (a, b) : (b, a);
        if (a != b && Alone(convolutions, host) is { Residual: null } held && held.Input.PerCondition == Plain(guest).PerCondition)
        {
            convolutions[i] = held with { Residual = Plain(guest).Segments[0].Buffer };
            return;
        }

        if (a != b && Alone(attentions, host) is { } attention && attention.Qkv[0].PerCondition == Plain(guest).PerCondition)
        {
            attentions[i] = attention with { Residual = Plain(guest).Segments[0].Buffer };
            return;
        }

        var both = Together([a, b], Plain);
        views[i] = steps.Add(both[0], both[1]);
    }

    private View Concat(View[] views)
    {
        var plain = views.Select(v => v.Doubled || v.Bordered ? steps.Write(v) : v).ToArray();
        return plain[0] with { Segments = [.. plain.SelectMany(v => v.Segments)] };
    }

    // Groups are measured vector by vector, which needs every segment but the last to fill its own.
    private View Normalizable(int value)
    {
        var view = View(value);
        var aligned = view is { Doubled: false, Bordered: false } && view.Segments.SkipLast(1).All(s => s.Channels == s.Stride);
        return aligned ? view : Plain(value);
    }

    private View Plain(int value)
    {
        var view = View(value);
        return view.IsPlain ? view : views[value] = steps.Write(view);
    }

    private View View(int value)
    {
        views[value] ??= (convolutions[value], attentions[value], normalizations[value]) switch
        {
            ({ } c, _, _) => steps.Convolve(c),
            (_, { } a, _) => steps.Attend(a),
            (_, _, { } n) => steps.Normalize(n),
            _ => throw new InvalidOperationException($"node {value} has no value"),
        };
        return views[value]!;
    }
}
