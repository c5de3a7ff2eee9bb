using System.Runtime.InteropServices;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Evaluation.Onnx;

/// <summary>
/// The nodes and the float32 arrays of an ONNX file. Nothing of it is run, other files that it names are not opened, and no more is allocated than the file
/// is long.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">Of its bytes, 64 lowercase hexadecimal digits.</param>
/// <param name="Nodes">In their order.</param>
/// <param name="Initializers">The arrays by name.</param>
internal sealed record OnnxModel(string Path, string Sha256, IReadOnlyList<OnnxNode> Nodes, IReadOnlyDictionary<string, HostTensor> Initializers)
{
    private const int Float32 = 1;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it cannot be read, or is malformed; the message says where.</exception>
    public static OnnxModel Read(string path)
    {
        try
        {
            return Read(RegularFile.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.ModelFile, $"model file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a file's bytes.</summary>
    public static OnnxModel Read(ReadOnlySpan<byte> file, string path)
    {
        var (nodes, initializers, graphs) = (new List<OnnxNode>(), new Dictionary<string, HostTensor>(), 0);
        var model = new ProtoReader(file, 0, path);
        while (model.Next())
        {
            if (model.Field == 7 && graphs++ == 0)
            {
                ReadGraph(model.Message(), nodes, initializers);
            }
        }

        return graphs == 1 ? new(path, Files.Storage.Sha256.Compute(file), nodes, initializers) : throw model.Malformed($"it has {graphs} graphs, one was expected");
    }

    /// <summary>An array. Names are a stranger's text, and stay out of messages.</summary>
    public HostTensor Initializer(string name) => Initializers.TryGetValue(name, out var tensor)
        ? tensor
        : throw new DiffusionException(ErrorKind.ModelFile, $"model file '{Path}' is not the expected network: a node reads an array of float32 that the file lacks");

    private static void ReadGraph(ProtoReader graph, List<OnnxNode> nodes, Dictionary<string, HostTensor> initializers)
    {
        while (graph.Next())
        {
            if (graph.Field == 1)
            {
                nodes.Add(ReadNode(graph.Message()));
            }
            else if (graph.Field == 5)
            {
                ReadTensor(graph.Message(), initializers);
            }
        }
    }

    private static OnnxNode ReadNode(ProtoReader node)
    {
        var (operation, inputs, outputs, floats) = ("", new List<string>(), new List<string>(), new Dictionary<string, float>());
        while (node.Next())
        {
            switch (node.Field)
            {
                case 1:
                    inputs.Add(node.Text());
                    break;
                case 2:
                    outputs.Add(node.Text());
                    break;
                case 4:
                    operation = node.Text();
                    break;
                case 5:
                    ReadAttribute(node.Message(), floats);
                    break;
                default:
                    break;
            }
        }

        return new(operation, inputs, outputs, floats);
    }

    private static void ReadAttribute(ProtoReader attribute, Dictionary<string, float> floats)
    {
        var (name, value) = ("", (float?)null);
        while (attribute.Next())
        {
            name = attribute.Field == 1 ? attribute.Text() : name;
            value = attribute.Field == 2 ? attribute.Single() : value;
        }

        if (value is { } number)
        {
            floats[name] = number;
        }
    }

    private static void ReadTensor(ProtoReader tensor, Dictionary<string, HostTensor> initializers)
    {
        var (name, type, dimensions) = ("", 0L, new List<long>());
        ReadOnlySpan<byte> values = default;
        while (tensor.Next())
        {
            switch (tensor.Field)
            {
                case 1:
                    tensor.AddTo(dimensions);
                    break;
                case 2:
                    type = tensor.Number;
                    break;
                case 8:
                    name = tensor.Text();
                    break;

                // Packed float_data, or raw_data: the same bytes, little-endian.
                case 4 or 9:
                    values = tensor.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (type != Float32)
        {
            return;
        }

        var count = 1.0;
        dimensions.ForEach(d => count *= d);
        if (dimensions.Exists(d => d is < 0 or > int.MaxValue) || count * sizeof(float) != values.Length)
        {
            throw tensor.Malformed($"array {initializers.Count} has {values.Length} bytes of float32, its {dimensions.Count} dimensions ask for {count * sizeof(float)}");
        }

        initializers[name] = new HostTensor([.. dimensions.Select(d => (int)d)], MemoryMarshal.Cast<byte, float>(values).ToArray());
    }
}
