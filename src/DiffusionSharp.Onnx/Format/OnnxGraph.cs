using System.Runtime.InteropServices;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Onnx.Format;

/// <summary>A <c>GraphProto</c> as it is written, but for the values of its parameters. Values are known by their names.</summary>
internal sealed class OnnxGraph
{
    private const int NodeField = 1, NameField = 2, InitializerField = 5, InputField = 11, OutputField = 12;
    private readonly ProtoMessage message = new();
    private readonly OrderedDictionary<string, ParameterSpec> parameters = [];
    private readonly Dictionary<(ElementType Type, string Content), string> constants = [];
    private readonly Dictionary<string, string> shaped = [];

    public OnnxGraph(string name) => message.Text(NameField, name);

    /// <summary>Everything but the parameters.</summary>
    public ProtoMessage Message => message;

    /// <summary>The parameters that are used, each once.</summary>
    public IReadOnlyList<ParameterSpec> Parameters => parameters.Values;

    /// <summary>An input or, when <paramref name="output"/> is set, an output; the first dimension is the number of images, N.</summary>
    public string Port(string name, ElementType type, ImageShape? image = null, bool output = false)
    {
        const int dimension = 1, dimensionValue = 1, dimensionName = 2;
        var shape = new ProtoMessage().Message(dimension, new ProtoMessage().Text(dimensionName, "N"));
        foreach (var side in image is { } s ? [s.Channels, s.Height, s.Width] : Array.Empty<int>())
        {
            shape.Message(dimension, new ProtoMessage().Number(dimensionValue, side));
        }

        var tensor = new ProtoMessage().Number(1, (long)type).Message(2, shape);
        message.Message(output ? OutputField : InputField, new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, tensor)));
        return name;
    }

    /// <summary>A node with one output, which has the node's name.</summary>
    public string Node(string operation, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<NodeAttribute> attributes) =>
        Node(operation, name, inputs, [name], attributes)[0];

    /// <summary>A node.</summary>
    public string[] Node(string operation, string name, ReadOnlySpan<string> inputs, string[] outputs, params ReadOnlySpan<NodeAttribute> attributes)
    {
        var node = new ProtoMessage();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(3, name).Text(4, operation);
        foreach (var attribute in attributes)
        {
            node.Message(5, attribute.Message);
        }

        message.Message(NodeField, node);
        return outputs;
    }

    /// <summary>A parameter under its own name.</summary>
    public string Parameter(ParameterSpec parameter)
    {
        parameters[parameter.Name] = parameter;
        return parameter.Name;
    }

    /// <summary>A parameter with dimensions of 1 added at these places.</summary>
    public string Parameter(ParameterSpec parameter, params ReadOnlySpan<long> axes)
    {
        var name = $"{parameter.Name}/unsqueezed";
        return shaped.TryGetValue(name, out var known) ? known : shaped[name] = Node("Unsqueeze", name, [Parameter(parameter), Constant(axes)]);
    }

    /// <summary>A list of integers.</summary>
    public string Constant(params ReadOnlySpan<long> values) => Constant(ElementType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>A list of float32.</summary>
    public string Constant(params ReadOnlySpan<float> values) => Constant(ElementType.Float, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>One number of a type that images have.</summary>
    public string Scalar(ElementType type, double value) => type == ElementType.Double
        ? Constant(type, [], MemoryMarshal.AsBytes<double>([value]))
        : Constant(type, [], MemoryMarshal.AsBytes<float>([(float)value]));

    /// <summary>A list of float64.</summary>
    public string Constant(params ReadOnlySpan<double> values) => Constant(ElementType.Double, [values.Length], MemoryMarshal.AsBytes(values));

    private string Constant(ElementType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        ref var name = ref CollectionsMarshal.GetValueRefOrAddDefault(constants, (type, $"{shape.Length}:{Convert.ToHexString(data)}"), out _);
        if (name is null)
        {
            name = $"constants/{constants.Count}";
            message.Message(InitializerField, Tensor.Header(name, type, shape).Bytes(Tensor.RawData, data));
        }

        return name;
    }
}
