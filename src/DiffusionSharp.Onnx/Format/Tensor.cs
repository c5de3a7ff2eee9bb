namespace DiffusionSharp.Onnx.Format;

/// <summary>The fields of a <c>TensorProto</c>.</summary>
internal static class Tensor
{
    public const int RawData = 9;

    /// <summary>A tensor without its values.</summary>
    public static ProtoMessage Header(string name, ElementType type, ReadOnlySpan<int> shape)
    {
        var tensor = new ProtoMessage();
        foreach (var dimension in shape)
        {
            tensor.Number(1, dimension);
        }

        return tensor.Number(2, (long)type).Text(8, name);
    }

    /// <summary>Says in which file the values lie, and where.</summary>
    public static ProtoMessage At(this ProtoMessage header, string file, long offset, long length)
    {
        const int externalData = 13, dataLocation = 14, external = 1;
        (string Key, string Value)[] entries = [("location", file), ("offset", FormattableString.Invariant($"{offset}")), ("length", FormattableString.Invariant($"{length}"))];
        foreach (var (key, value) in entries)
        {
            header.Message(externalData, new ProtoMessage().Text(1, key).Text(2, value));
        }

        return header.Number(dataLocation, external);
    }
}
