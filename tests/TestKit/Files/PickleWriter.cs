using System.Buffers.Binary;
using System.Text;

namespace TestKit.Files;

/// <summary>Writes pickles instruction by instruction, right ones and wrong ones.</summary>
public sealed class PickleWriter
{
    private readonly List<byte> bytes = [];

    public PickleWriter(byte protocol = 2) => Raw(0x80, protocol);

    public byte[] Stop() => [.. bytes, (byte)'.'];

    public PickleWriter Raw(params ReadOnlySpan<byte> values)
    {
        bytes.AddRange(values);
        return this;
    }

    /// <summary>Instructions that are one character each.</summary>
    public PickleWriter Do(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleWriter Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Counted('X', 4, utf8.Length).Raw(utf8);
    }

    /// <summary>An instruction and a length or number behind it.</summary>
    public PickleWriter Counted(char opcode, int width, long count)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, count);
        return Raw((byte)opcode).Raw(number[..width]);
    }

    public PickleWriter Bytes(ReadOnlySpan<byte> value) => Counted('B', 4, value.Length).Raw(value);

    public PickleWriter Int(long value) => value is >= 0 and < 256
        ? Raw((byte)'K', (byte)value)
        : value is >= int.MinValue and <= int.MaxValue ? Counted('J', 4, value) : Raw(0x8A, 8).Raw(BitConverter.GetBytes(value));

    public PickleWriter Ints<T>(IEnumerable<T> values)
        where T : System.Numerics.IBinaryInteger<T>
    {
        Do("(");
        foreach (var value in values)
        {
            Int(long.CreateChecked(value));
        }

        return Do("t");
    }

    public PickleWriter Global(string module, string name) => Do($"c{module}\n{name}\n");

    public PickleWriter Call(string module, string name, Action<PickleWriter> arguments)
    {
        Global(module, name).Do("(");
        arguments(this);
        return Do("tR");
    }

    public PickleWriter Storage(string type, string key, long elements, bool legacy = false) =>
        Do("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Int(elements).Do(legacy ? "NtQ" : "tQ");

    /// <summary>A tensor as torch.save writes it.</summary>
    public PickleWriter Tensor(string type, string key, long elements, long offset, IEnumerable<long> shape, IEnumerable<long> strides, bool legacy = false) =>
        Call("torch._utils", "_rebuild_tensor_v2", p => p.Storage(type, key, elements, legacy).Int(offset).Ints(shape).Ints(strides).Raw(0x89).Call("collections", "OrderedDict", _ => { }));

    /// <summary>One float32 tensor of four elements in storage '0'.</summary>
    public PickleWriter Plain() => Tensor("FloatStorage", "0", 4, 0, [4], [1]);
}
