using System.Buffers.Binary;

namespace DiffusionSharp.Evaluation.Onnx;

/// <summary>
/// A protobuf message, field by field (protobuf.dev/programming-guides/encoding). Nothing is allocated: a field of bytes is a part of the file, and no
/// longer than what is left of its message.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="start">Where it begins in the file, for error texts.</param>
/// <param name="path">The file, for error texts.</param>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, long start, string path)
{
    private const int MostVarintBytes = 10;

    private readonly ReadOnlySpan<byte> message = message;
    private int at;
    private int valueAt;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, where it is a whole number.</summary>
    public long Number { get; private set; }

    /// <summary>Its bytes, where it has some: those of a string, a message, packed numbers, or a number of fixed length.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether it has bytes.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>Reads the next field; false at the end.</summary>
    public bool Next()
    {
        if (at == message.Length)
        {
            return false;
        }

        var key = Varint();
        (Field, HasBytes, Number) = ((int)Math.Min(key >> 3, int.MaxValue), true, 0);
        Bytes = default;
        switch (key & 7)
        {
            case 0:
                (HasBytes, Number) = (false, (long)Varint());
                break;
            case 1:
                Take(sizeof(ulong));
                break;
            case 2:
                Take(Varint());
                break;
            case 5:
                Take(sizeof(uint));
                break;
            default:
                throw Malformed($"field {Field} has wire type {key & 7}, which ONNX does not use");
        }

        return true;
    }

    /// <summary>The field as a message.</summary>
    public readonly ProtoReader Message() => HasBytes ? new(Bytes, start + valueAt, path) : throw Malformed($"field {Field} is a number, a message was expected");

    /// <summary>The field as a text.</summary>
    public readonly string Text() => HasBytes ? System.Text.Encoding.UTF8.GetString(Bytes) : throw Malformed($"field {Field} is a number, a text was expected");

    /// <summary>The field as a float32.</summary>
    public readonly float Single() => HasBytes && Bytes.Length == sizeof(float)
        ? BinaryPrimitives.ReadSingleLittleEndian(Bytes)
        : throw Malformed($"field {Field} is not a float32");

    /// <summary>Adds the field's whole numbers to a list, whether there is one or they are packed.</summary>
    public readonly void AddTo(List<long> numbers)
    {
        if (!HasBytes)
        {
            numbers.Add(Number);
            return;
        }

        var packed = new ProtoReader(Bytes, start + valueAt, path);
        while (packed.at < packed.message.Length)
        {
            numbers.Add((long)packed.Varint());
        }
    }

    /// <summary>What is wrong, and where.</summary>
    public readonly DiffusionException Malformed(string what) =>
        new(ErrorKind.ModelFile, $"model file '{path}' is malformed: {what}, at byte {start + at}; fetch it again");

    private void Take(ulong length)
    {
        if (length > (ulong)(message.Length - at))
        {
            throw Malformed($"field {Field} of {length} bytes goes over the end of its message, which has {message.Length - at} left");
        }

        valueAt = at;
        Bytes = message.Slice(at, (int)length);
        at += (int)length;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var i = 0; i < MostVarintBytes; i++)
        {
            if (at == message.Length)
            {
                throw Malformed("a number goes over the end of its message");
            }

            var next = message[at++];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a number is longer than 64 bits");
    }
}
