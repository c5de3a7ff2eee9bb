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
            values[i] = Write(node, prefix + node.Name, [.. node.Inputs.Select(v => values[v])]);
        }

        return values[^1];
    }

    private string Write(Node node, string name, string[] inputs)
    {
        var a = inputs.Length > 0 ? inputs[0] : "";
        var b = inputs.Length > 1 ? inputs[1] : "";
        return node.Operation switch
        {
            Operation.InputX => x,
            Operation.InputTimestep => t,
            Operation.InputLabel => labels!,
            Operation.Conv2d c => Conv(name, a, g.Parameter(c.Weight), c.Bias, c.Kernel, c.Stride, c.Padding),
            Operation.Linear l when node.Shape is { Height: 1, Width: 1 } => OfVectors(name, a, l),
            Operation.Linear l => Conv(name, a, g.Parameter(l.Weight, 2, 3), l.Bias, kernel: 1, stride: 1, padding: 0),
            Operation.GroupNorm n => GroupNorm(name, a, node.Shape, n),
            Operation.Silu => g.Node("Mul", name, [a, g.Node("Sigmoid", $"{name}/sigmoid", [a])]),
            Operation.Add or Operation.AddPerChannel => g.Node("Add", name, [a, b]),
            Operation.ScaleShift => ScaleShift(name, a, b, node.Shape.Channels),
            Operation.Affine f => Affine(name, a, f),
            Operation.Concat => g.Node("Concat", name, [a, b], NodeAttribute.Of("axis", 1)),
            Operation.UpsampleNearest => g.Node(
                "Resize",
                name,
                [a, "", g.Constant(1f, 1, 2, 2)],
                NodeAttribute.Of("mode", "nearest"),
                NodeAttribute.Of("coordinate_transformation_mode", "asymmetric"),
                NodeAttribute.Of("nearest_mode", "floor")),
            Operation.AveragePool => AveragePool(name, a, node.Shape),
            Operation.PadRightBottom => g.Node("Pad", name, [a, g.Constant(0L, 0, 0, 0, 0, 0, 1, 1)]),
            Operation.Attention h => Attention(name, inputs, node.Shape, h.Heads),
            Operation.TimestepEmbedding e => Sinusoid(name, a, e),
            Operation.Embedding e => AsVectors(name, g.Node("Gather", $"{name}/row", [g.Parameter(e.Table), a])),
            Operation.Dropout => a,
            _ => throw new NotSupportedException($"{node.Name}: there is no ONNX for {node.Operation.GetType().Name}"),
        };
    }

    private string Conv(string name, string input, string weight, ParameterSpec bias, int kernel, int stride, int padding) => g.Node(
        "Conv",
        name,
        [input, weight, g.Parameter(bias)],
        NodeAttribute.Of("kernel_shape", (long)kernel, kernel),
        NodeAttribute.Of("strides", (long)stride, stride),
        NodeAttribute.Of("pads", (long)padding, padding, padding, padding));

    private string OfVectors(string name, string input, Operation.Linear linear)
    {
        var rows = g.Node("Flatten", $"{name}/rows", [input], NodeAttribute.Of("axis", 1));
        return AsVectors(name, g.Node("Gemm", $"{name}/product", [rows, g.Parameter(linear.Weight), g.Parameter(linear.Bias)], NodeAttribute.Of("transB", 1)));
    }

    private string AsVectors(string name, string rows) => g.Node("Unsqueeze", name, [rows, g.Constant(2L, 3)]);

    // ONNX's own GroupNormalization came with opset 18, with one scale a group, and was given one a channel in opset 21 only.
    private string GroupNorm(string name, string input, ImageShape shape, Operation.GroupNorm norm)
    {
        var ones = new float[norm.Groups];
        ones.AsSpan().Fill(1);
        var groups = g.Node("Reshape", $"{name}/groups", [input, g.Constant(0L, norm.Groups, Pixels)]);
        var normal = g.Node(
            "InstanceNormalization", $"{name}/normal", [groups, g.Constant(ones), g.Constant(new float[norm.Groups])], NodeAttribute.Of("epsilon", (float)norm.Epsilon));
        var channels = g.Node("Reshape", $"{name}/channels", [normal, g.Constant(0L, shape.Channels, shape.Height, shape.Width)]);
        var scaled = g.Node("Mul", $"{name}/scaled", [channels, g.Parameter(norm.Weight, 1, 2)]);
        return g.Node("Add", name, [scaled, g.Parameter(norm.Bias, 1, 2)]);
    }

    private string ScaleShift(string name, string input, string vector, int channels)
    {
        var halves = g.Node("Split", $"{name}/halves", [vector, g.Constant(channels, (long)channels)], [$"{name}/scale", $"{name}/shift"], NodeAttribute.Of("axis", 1));
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
    // It moves none past a reshaping, which costs nothing.
    private string AveragePool(string name, string x, ImageShape shape)
    {
        var same = g.Node("Reshape", $"{name}/same", [x, g.Constant(0L, shape.Channels, 2 * shape.Height, 2 * shape.Width)]);
        return g.Node("AveragePool", name, [same], NodeAttribute.Of("kernel_shape", 2L, 2), NodeAttribute.Of("strides", 2L, 2));
    }

    private string Attention(string name, string[] inputs, ImageShape shape, int heads)
    {
        var width = shape.Channels / heads;
        string Heads(string part, string v) => g.Node("Reshape", $"{name}/{part}", [v, g.Constant(0L, heads, width, Pixels)]);
        string Turned(string part, string v) => g.Node("Transpose", $"{name}/{part}", [v], NodeAttribute.Of("perm", 0L, 1, 3, 2));

        var q = g.Node("Mul", $"{name}/scaled", [Heads("q", inputs[0]), g.Scalar(ElementType.Float, 1 / Math.Sqrt(width))]);
        var scores = g.Node("MatMul", $"{name}/scores", [Turned("q_rows", q), Heads("k", inputs[1])]);
        var parts = g.Node("Softmax", $"{name}/softmax", [scores], NodeAttribute.Of("axis", -1));
        var sums = g.Node("MatMul", $"{name}/sums", [parts, Turned("v_rows", Heads("v", inputs[2]))]);
        return g.Node("Reshape", name, [Turned("channels", sums), g.Constant(0L, shape.Channels, shape.Height, shape.Width)]);
    }

    // t·f reaches 1000 and loses digits in float32, so this is float64 as in the engines.
    private string Sinusoid(string name, string input, Operation.TimestepEmbedding e)
    {
        var half = e.Dimension / 2;
        double[] frequencies = [.. Enumerable.Range(0, half).Select(k => Math.Exp(-Math.Log(10000) * k / (half - e.FreqShift)))];
        var number = g.Node("Cast", $"{name}/number", [input], NodeAttribute.Of("to", (long)ElementType.Double));
        var scaled = e.Scale == 1 ? number : g.Node("Mul", $"{name}/scaled", [number, g.Scalar(ElementType.Double, e.Scale)]);
        var column = g.Node("Unsqueeze", $"{name}/column", [scaled, g.Constant(1L)]);
        var angle = g.Node("Mul", $"{name}/angle", [column, g.Constant(frequencies)]);
        string sin = g.Node("Sin", $"{name}/sin", [angle]), cos = g.Node("Cos", $"{name}/cos", [angle]);
        var both = g.Node("Concat", $"{name}/both", e.FlipSinToCos ? [cos, sin] : [sin, cos], NodeAttribute.Of("axis", 1));
        var rounded = g.Node("Cast", $"{name}/float", [both], NodeAttribute.Of("to", (long)ElementType.Float));
        return AsVectors(name, e.Dimension % 2 == 0 ? rounded : g.Node("Pad", $"{name}/padded", [rounded, g.Constant(0L, 0, 0, 1)]));
    }
}
