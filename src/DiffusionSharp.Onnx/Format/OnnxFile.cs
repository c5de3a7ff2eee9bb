using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Onnx.Format;

/// <summary>
/// Writes a <c>ModelProto</c> to a file, parameter by parameter: in the file itself or, where that would grow beyond what a protobuf
/// message may have, in a second one beside it.
/// </summary>
internal sealed class OnnxFile(OnnxGraph graph, Func<ParameterSpec, HostTensor> weights, int opset, long mostBytes)
{
    private const int InitializerField = 5, GraphField = 7;

    // Readers map the second file into memory, page by page.
    private const long Page = 4096;

    public void Write(string path)
    {
        var second = Path.GetFileName(path) + ".data";
        Initializer[] all = [.. Embedded()];
        if (Length(all) <= mostBytes)
        {
            AtomicFile.Write(path, s => WriteModel(s, all));
            return;
        }

        // The first file takes the old one's place last, so that it never names values that are not there.
        all = [.. Outside(second)];
        AtomicFile.Write(
            path,
            s => WriteModel(s, all),
            _ => AtomicFile.Write(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, second), s => WriteValues(s, all)));
    }

    private static long Bytes(ParameterSpec parameter) => parameter.Elements * sizeof(float);

    private static ProtoMessage Header(ParameterSpec parameter) => Tensor.Header(parameter.Name, ElementType.Float, [.. parameter.Shape]);

    private IEnumerable<Initializer> Embedded()
    {
        foreach (var parameter in graph.Parameters)
        {
            var header = Header(parameter).Begin(Tensor.RawData, Bytes(parameter));
            yield return new Initializer(parameter, Framed(header, Bytes(parameter)), header, null);
        }
    }

    private IEnumerable<Initializer> Outside(string file)
    {
        var end = 0L;
        foreach (var parameter in graph.Parameters)
        {
            var offset = (end + Page - 1) / Page * Page;
            end = offset + Bytes(parameter);
            var header = Header(parameter).At(file, offset, Bytes(parameter));
            yield return new Initializer(parameter, Framed(header, 0), header, offset);
        }
    }

    // The file format's version that came with an opset (onnx/docs/Versioning.md).
    private static int IrVersion(int opset) => opset switch
    {
        <= 14 => 7,
        <= 18 => 8,
        <= 20 => 9,
        <= 22 => 10,
        _ => 11,
    };

    private static ProtoMessage Framed(ProtoMessage header, long more) => new ProtoMessage().Begin(InitializerField, header.Written.Length + more);

    private long Length(Initializer[] all) => graph.Message.Written.Length + all.Sum(i => i.Length);

    private void WriteModel(Stream stream, Initializer[] all)
    {
        const int irVersion = 1, producer = 2, producerVersion = 3, opsetImport = 8;
        stream.Write(new ProtoMessage()
            .Number(irVersion, IrVersion(opset))
            .Text(producer, "DiffusionSharp")
            .Text(producerVersion, typeof(OnnxFile).Assembly.GetName().Version?.ToString(3) ?? "")
            .Message(opsetImport, new ProtoMessage().Text(1, "").Number(2, opset))
            .Begin(GraphField, Length(all)).Written);
        stream.Write(graph.Message.Written);
        foreach (var initializer in all)
        {
            stream.Write(initializer.Frame.Written);
            stream.Write(initializer.Header.Written);
            if (initializer.Offset is null)
            {
                Values(initializer.Parameter).CopyTo(stream);
            }
        }
    }

    private void WriteValues(Stream stream, Initializer[] all)
    {
        foreach (var initializer in all)
        {
            stream.Position = initializer.Offset!.Value;
            Values(initializer.Parameter).CopyTo(stream);
        }
    }

    private HostTensor Values(ParameterSpec parameter) => parameter.Accept(weights(parameter));

    /// <summary>A parameter in the file: frame, header and, where it has no offset in another file, values.</summary>
    private sealed record Initializer(ParameterSpec Parameter, ProtoMessage Frame, ProtoMessage Header, long? Offset)
    {
        public long Length => Frame.Written.Length + Header.Written.Length + (Offset is null ? Bytes(Parameter) : 0);
    }
}
