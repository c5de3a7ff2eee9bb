using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Onnx.Format;

/// <summary>
/// A protobuf message as it is written: fields one after the other, each a key (number and wire type) and its value
/// (protobuf.dev/programming-guides/encoding).
/// </summary>
internal sealed class ProtoMessage
{
    private const int Varint = 0, LengthDelimited = 2, Fixed32 = 5;
    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Written => bytes.WrittenSpan;

    public ProtoMessage Number(int field, long value)
    {
        Key(field, Varint);
        Variable((ulong)value);
        return this;
    }

    public ProtoMessage Number(int field, float value)
    {
        Key(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.GetSpan(sizeof(float)), value);
        bytes.Advance(sizeof(float));
        return this;
    }

    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.Written);

    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Begin(field, value.Length);
        bytes.Write(value);
        return this;
    }

    /// <summary>The key and length of a field whose bytes are written elsewhere, right after this.</summary>
    public ProtoMessage Begin(int field, long length)
    {
        Key(field, LengthDelimited);
        Variable((ulong)length);
        return this;
    }

    private void Key(int field, int wireType) => Variable(((ulong)field << 3) | (uint)wireType);

    // Seven bits a byte, the lowest first; the eighth says that more follow.
    private void Variable(ulong value)
    {
        var span = bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[length++] = (byte)(value | 0x80);
        }

        span[length++] = (byte)value;
        bytes.Advance(length);
    }
}
