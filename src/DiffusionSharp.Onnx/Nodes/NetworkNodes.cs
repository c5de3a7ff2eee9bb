using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Format;

namespace DiffusionSharp.Onnx.Nodes;

/// <summary>
/// Writes the nodes of a <see cref="NetworkGraph"/> under their own names. A node that takes several of ONNX has its name on the last of
/// them and <c>name/part</c> on the others. A vector may stand for all images with a first dimension of 1.
/// </summary>
/// <param name="g">Receives the nodes.</param>
/// <param name="prefix">Stands before every name.</param>
/// <param name="x">The noisy images.</param>
/// <param name="t">Their timesteps, float64.</param>
/// <param name="labels">Their labels, int64; null for a network that takes none.</param>
internal sealed class NetworkNodes(OnnxGraph g, string prefix, string x, string t, string? labels)
{
    private const long Pixels = -1;

    /// <summary>Writes all nodes.</summary>
    /// <returns>The prediction's name.</returns>
    public string Write(NetworkGraph network)
    {
        var values = new string[network.Nodes.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var node = network.Nodes[i];
            values[i] = Write(node, node.Inputs.Count > 0 ? network.Nodes[node.Inputs[0]].Shape : node.Shape, prefix + node.Name, [.. node.Inputs.Select(v => values[v])]);
        }

        return values[^1];
    }

    private string Write(Node node, ImageShape inputShape, string name, string[] inputs)
    {
        var a = inputs.Length > 0 ? inputs[0] : "";
        var b = inputs.Length > 1 ? inputs[1] : "";
        return node.Operation switch
        {
            Operation.InputX => x,
            Operation.InputTimestep => t,
            Operation.InputLabel => labels!,
            Operation.Conv2d c => Conv(name, a, g.Parameter(c.Weight), c.Bias, c.Kernel, c.Stride, c.Padding),
            Operation.Linear l when node.Shape is { Height: 1, Width: 1 } => LinearOnVectors(name, a, l),
            Operation.Linear l => Conv(name, a, g.Parameter(l.Weight, 2, 3), l.Bias, kernel: 1, stride: 1, padding: 0),
            Operation.GroupNorm n => GroupNorm(name, a, node.Shape, n),
            Operation.RmsNorm n => RmsNorm(name, a, node.Shape, n),
            Operation.Gelu => Gelu(name, a),
            Operation.Silu => g.Node("Mul", name, [a, g.Node("Sigmoid", $"{name}/sigmoid", [a])]),
            Operation.Relu => g.Node("Relu", name, [a]),
            Operation.Add or Operation.AddPerChannel => g.Node("Add", name, [a, b]),
            Operation.ScaleShift => ScaleShift(name, a, b, node.Shape.Channels),
            Operation.Affine f => Affine(name, a, f),
            Operation.Concat => g.Node("Concat", name, [a, b], NodeAttribute.Create("axis", 1)),
            Operation.UpsampleNearest => g.Node(
                "Resize",
                name,
                [a, "", g.Constant(1f, 1, 2, 2)],
                NodeAttribute.Create("mode", "nearest"),
                NodeAttribute.Create("coordinate_transformation_mode", "asymmetric"),
                NodeAttribute.Create("nearest_mode", "floor")),
            Operation.AveragePool => Pool("AveragePool", name, a, inputShape, 2, 2, 0),
            Operation.MaxPool p => Pool("MaxPool", name, a, inputShape, p.Kernel, p.Stride, p.Padding),
            Operation.MeanPool p => Pool("AveragePool", name, a, inputShape, p.Kernel, p.Stride, p.Padding),
            Operation.MeanPixel => g.Node("GlobalAveragePool", name, [a]),
            Operation.PadRightBottom => g.Node("Pad", name, [a, g.Constant(0L, 0, 0, 0, 0, 0, 1, 1)]),
            Operation.Attention h => Attention(name, inputs, node.Shape, h),
            Operation.LinearAttention h => LinearAttention(name, inputs, node.Shape, h),
            Operation.PoolTokens p => PoolTokens(name, a, node.Shape, p),
            Operation.FirstPixel => g.Node("Slice", name, [a, g.Constant(0L, 0), g.Constant(1L, 1), g.Constant(2L, 3)]),
            Operation.TimestepEmbedding e => Sinusoid(name, a, e),
            Operation.Embedding e => AsVectors(name, g.Node("Gather", $"{name}/row", [g.Parameter(e.Table), a])),
            Operation.Dropout => a,
            _ => throw new NotSupportedException($"{node.Name}: there is no ONNX for {node.Operation.GetType().Name}"),
        };
    }

    private string Conv(string name, string input, string weight, ParameterSpec? bias, Sides kernel, int stride, Sides padding) => g.Node(
        "Conv",
        name,
        bias is null ? [input, weight] : [input, weight, g.Parameter(bias)],
        NodeAttribute.Create("kernel_shape", (long)kernel.Height, kernel.Width),
        NodeAttribute.Create("strides", (long)stride, stride),
        NodeAttribute.Create("pads", (long)padding.Height, padding.Width, padding.Height, padding.Width));

    private string LinearOnVectors(string name, string input, Operation.Linear linear)
    {
        var rows = g.Node("Flatten", $"{name}/rows", [input], NodeAttribute.Create("axis", 1));
        string[] factors = linear.Bias is { } bias ? [rows, g.Parameter(linear.Weight), g.Parameter(bias)] : [rows, g.Parameter(linear.Weight)];
        return AsVectors(name, g.Node("Gemm", $"{name}/product", factors, NodeAttribute.Create("transB", 1)));
    }

    private string AsVectors(string name, string rows) => g.Node("Unsqueeze", name, [rows, g.Constant(2L, 3)]);

    // ONNX's own GroupNormalization came with opset 18, with one scale a group, and was given one a channel in opset 21 only.
    private string GroupNorm(string name, string input, ImageShape shape, Operation.GroupNorm norm)
    {
        var ones = new float[norm.Groups];
        ones.AsSpan().Fill(1);
        var groups = g.Node("Reshape", $"{name}/groups", [input, g.Constant(0L, norm.Groups, Pixels)]);
        var normal = g.Node(
            "InstanceNormalization", $"{name}/normal", [groups, g.Constant(ones), g.Constant(new float[norm.Groups])], NodeAttribute.Create("epsilon", (float)norm.Epsilon));
        var channels = g.Node("Reshape", $"{name}/channels", [normal, g.Constant(0L, shape.Channels, shape.Height, shape.Width)]);
        var scaled = g.Node("Mul", $"{name}/scaled", [channels, g.Parameter(norm.Weight, 1, 2)]);
        return g.Node("Add", name, [scaled, g.Parameter(norm.Bias, 1, 2)]);
    }

    // Sums of squares: of ReduceL2 opset 18 takes the axes in another way than 17 did.
    private string RmsNorm(string name, string input, ImageShape shape, Operation.RmsNorm norm)
    {
        var squares = g.Node("Mul", $"{name}/squares", [input, input]);
        var length = g.Node("Sqrt", $"{name}/length", [g.Node("ReduceSum", $"{name}/sum", [squares, g.Constant(1L)])]);
        var divisor = g.Node("Max", $"{name}/divisor", [length, g.Scalar(ElementType.Float, norm.Floor)]);
        var unit = g.Node("Div", $"{name}/unit", [input, divisor]);
        var factors = g.Node("Mul", $"{name}/factors", [g.Parameter(norm.Weight, 1, 2), g.Scalar(ElementType.Float, Math.Sqrt(shape.Channels))]);
        return g.Node("Mul", name, [unit, factors]);
    }

    // ONNX's own Gelu came with opset 20.
    private string Gelu(string name, string input)
    {
        var error = g.Node("Erf", $"{name}/erf", [g.Node("Mul", $"{name}/scaled", [input, g.Scalar(ElementType.Float, Math.Sqrt(0.5))])]);
        var twice = g.Node("Add", $"{name}/twice", [error, g.Scalar(ElementType.Float, 1)]);
        return g.Node("Mul", name, [g.Node("Mul", $"{name}/half", [input, g.Scalar(ElementType.Float, 0.5)]), twice]);
    }

    private string ScaleShift(string name, string input, string vector, int channels)
    {
        var halves = g.Node("Split", $"{name}/halves", [vector, g.Constant(channels, (long)channels)], [$"{name}/scale", $"{name}/shift"], NodeAttribute.Create("axis", 1));
        var factor = g.Node("Add", $"{name}/factor", [halves[0], g.Scalar(ElementType.Float, 1)]);
        return g.Node("Add", name, [g.Node("Mul", $"{name}/scaled", [input, factor]), halves[1]]);
    }

    private string Affine(string name, string input, Operation.Affine affine)
    {
        var factor = g.Scalar(ElementType.Float, affine.Factor);
        return affine.Offset == 0
            ? g.Node("Mul", name, [input, factor])
            : g.Node("Add", name, [g.Node("Mul", $"{name}/scaled", [input, factor]), g.Scalar(ElementType.Float, affine.Offset)]);
    }

    // ONNX Runtime moves paddings before it into a pool, and then refuses a pool that pads as much as it is wide: two borders of one each.
    // It moves none past a reshaping, which costs nothing. Of what ONNX itself pads, its pools count nothing by default.
    private string Pool(string operation, string name, string x, ImageShape shape, int kernel, int stride, int padding)
    {
        var same = g.Node("Reshape", $"{name}/same", [x, g.Constant(0L, shape.Channels, shape.Height, shape.Width)]);
        return g.Node(
            operation,
            name,
            [same],
            NodeAttribute.Create("kernel_shape", (long)kernel, kernel),
            NodeAttribute.Create("strides", (long)stride, stride),
            NodeAttribute.Create("pads", (long)padding, padding, padding, padding));
    }

    private string Attention(string name, string[] inputs, ImageShape shape, Operation.Attention attention)
    {
        var (q, k, v) = Heads(name, inputs, shape, attention.Heads, attention.Memory, channelsFirst: false);
        var scaled = g.Node("Mul", $"{name}/scaled", [q, g.Scalar(ElementType.Float, 1 / Math.Sqrt(shape.Channels / attention.Heads))]);
        var scores = g.Node("MatMul", $"{name}/scores", [Transpose($"{name}/q_rows", scaled), k]);
        var parts = g.Node("Softmax", $"{name}/softmax", [scores], NodeAttribute.Create("axis", -1));
        var sums = g.Node("MatMul", $"{name}/sums", [parts, Transpose($"{name}/v_rows", v)]);
        return AsImage(name, Transpose($"{name}/channels", sums), shape);
    }

    private string LinearAttention(string name, string[] inputs, ImageShape shape, Operation.LinearAttention attention)
    {
        var (q, k, v) = Heads(name, inputs, shape, attention.Heads, attention.Memory, channelsFirst: true);
        var queries = Softmax($"{name}/q_softmax", q);
        var scaled = g.Node("Mul", $"{name}/scaled", [queries, g.Scalar(ElementType.Float, 1 / Math.Sqrt(shape.Channels / attention.Heads))]);
        var keys = g.Node("Softmax", $"{name}/k_softmax", [k], NodeAttribute.Create("axis", -1));
        var summary = g.Node("MatMul", $"{name}/summary", [v, Transpose($"{name}/k_rows", keys)]);
        return AsImage(name, g.Node("MatMul", $"{name}/sums", [summary, scaled]), shape);

        string Softmax(string part, string x) => Transpose(part, g.Node("Softmax", $"{part}/rows", [Transpose($"{part}/turned", x)], NodeAttribute.Create("axis", -1)));
    }

    // Each [N, heads, d, keys]; learned keys and values come first.
    private (string Q, string K, string V) Heads(string name, string[] inputs, ImageShape shape, int heads, ParameterSpec? memory, bool channelsFirst)
    {
        return (Split("q", inputs[0]), Joined("k", inputs[1], 0), Joined("v", inputs[2], 1));

        string Split(string part, string x) => g.Node("Reshape", $"{name}/{part}", [x, g.Constant(0L, heads, shape.Channels / heads, Pixels)]);

        string Joined(string part, string x, long which)
        {
            if (memory is null)
            {
                return Split(part, x);
            }

            var learned = g.Node("Gather", $"{name}/{part}_learned", [g.Parameter(memory), g.Constant(which)], NodeAttribute.Create("axis", 0));
            learned = channelsFirst ? learned : Transpose($"{name}/{part}_turned", learned);

            // Once for each image.
            var pixels = Split($"{part}_pixels", x);
            var size = g.Node("Concat", $"{name}/{part}_size", [Images($"{name}/{part}", x), g.Constant(heads, shape.Channels / heads, memory.Shape[channelsFirst ? 3 : 2])], NodeAttribute.Create("axis", 0));
            return g.Node("Concat", $"{name}/{part}", [g.Node("Expand", $"{name}/{part}_expanded", [learned, size]), pixels], NodeAttribute.Create("axis", 3));
        }
    }

    private string PoolTokens(string name, string input, ImageShape shape, Operation.PoolTokens tokens)
    {
        var pixels = g.Node("Reshape", $"{name}/pixels", [input, g.Constant(0L, shape.Channels, 1, Pixels)]);
        var sum = g.Node("ReduceSum", $"{name}/sum", [pixels, g.Constant(3L)]);
        var mean = g.Node("Mul", $"{name}/mean", [sum, g.Scalar(ElementType.Float, 1.0 / (shape.Width - 1))]);
        var all = g.Node("Concat", $"{name}/all", [mean, pixels], NodeAttribute.Create("axis", 3));
        return g.Node("Add", name, [all, g.Parameter(tokens.Positions, 1)]);
    }

    // Their number.
    private string Images(string name, string x) => g.Node("Gather", $"{name}_images", [g.Node("Shape", $"{name}_shape", [x]), g.Constant(0L)]);

    private string Transpose(string name, string x) => g.Node("Transpose", name, [x], NodeAttribute.Create("perm", 0L, 1, 3, 2));

    private string AsImage(string name, string heads, ImageShape shape) => g.Node("Reshape", name, [heads, g.Constant(0L, shape.Channels, shape.Height, shape.Width)]);

    // t·f reaches 1000 and loses digits in float32, so this is float64 as in the engines.
    private string Sinusoid(string name, string input, Operation.TimestepEmbedding e)
    {
        var half = e.Dimension / 2;
        double[] frequencies = [.. Enumerable.Range(0, half).Select(k => Math.Exp(-Math.Log(e.MaxPeriod) * k / (half - e.FreqShift)))];
        var number = g.Node("Cast", $"{name}/number", [input], NodeAttribute.Create("to", (long)ElementType.Double));
        var scaled = e.Scale == 1 ? number : g.Node("Mul", $"{name}/scaled", [number, g.Scalar(ElementType.Double, e.Scale)]);
        var column = g.Node("Unsqueeze", $"{name}/column", [scaled, g.Constant(1L)]);
        var angle = g.Node("Mul", $"{name}/angle", [column, g.Constant(frequencies)]);
        string sin = g.Node("Sin", $"{name}/sin", [angle]), cos = g.Node("Cos", $"{name}/cos", [angle]);
        var both = g.Node("Concat", $"{name}/both", e.FlipSinToCos ? [cos, sin] : [sin, cos], NodeAttribute.Create("axis", 1));
        var rounded = g.Node("Cast", $"{name}/float", [both], NodeAttribute.Create("to", (long)ElementType.Float));
        return AsVectors(name, e.Dimension % 2 == 0 ? rounded : g.Node("Pad", $"{name}/padded", [rounded, g.Constant(0L, 0, 0, 1)]));
    }
}
