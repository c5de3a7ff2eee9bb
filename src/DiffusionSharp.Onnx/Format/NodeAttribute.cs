namespace DiffusionSharp.Onnx.Format;

/// <summary>An attribute of a node (<c>AttributeProto</c>).</summary>
internal readonly record struct NodeAttribute
{
    private const int Name = 1, Float = 2, Int = 3, String = 4, Ints = 8, Type = 20;

    private NodeAttribute(ProtoMessage message) => Message = message;

    public ProtoMessage Message { get; }

    public static NodeAttribute Create(string name, long value) => new(new ProtoMessage().Text(Name, name).Number(Int, value).Number(Type, 2));

    public static NodeAttribute Create(string name, float value) => new(new ProtoMessage().Text(Name, name).Number(Float, value).Number(Type, 1));

    public static NodeAttribute Create(string name, string value) => new(new ProtoMessage().Text(Name, name).Text(String, value).Number(Type, 3));

    public static NodeAttribute Create(string name, params ReadOnlySpan<long> values)
    {
        var message = new ProtoMessage().Text(Name, name);
        foreach (var value in values)
        {
            message.Number(Ints, value);
        }

        return new NodeAttribute(message.Number(Type, 7));
    }
}
