using System.Text;
using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Safetensors;

/// <summary>What a safetensors header says of one tensor; its shape goes into a span of the reader's.</summary>
internal readonly record struct SafetensorsEntry(TensorDtype Dtype, int Rank, long Begin, long End)
{
    public const int MaxRank = 16;
    private static readonly TensorDtype[] Dtypes = Enum.GetValues<TensorDtype>();
    private static readonly string[] DtypeNames = Enum.GetNames<TensorDtype>();

    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = 4 });

    /// <summary>Reads the value of a name; the reader stands on the name.</summary>
    public static SafetensorsEntry Read(string path, ReadOnlySpan<byte> name, ref Utf8JsonReader reader, scoped Span<int> shape)
    {
        TensorDtype? dtype = null;
        var rank = -1;
        var count = -1;
        Span<long> numbers = stackalloc long[MaxRank];
        Span<long> offsets = stackalloc long[2];
        reader.Read();
        Expect(path, name, "an object", reader.TokenType, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (dtype is null && reader.ValueTextEquals("dtype"u8))
            {
                reader.Read();
                Expect(path, name, "a string as dtype", reader.TokenType, JsonTokenType.String);
                dtype = ReadDtype(path, name, ref reader);
            }
            else if (rank < 0 && reader.ValueTextEquals("shape"u8))
            {
                rank = ReadIntegers(path, name, "shape", numbers, ref reader);
                ToShape(path, name, numbers[..rank], shape);
            }
            else if (count < 0 && reader.ValueTextEquals("data_offsets"u8))
            {
                count = ReadIntegers(path, name, "data_offsets", offsets, ref reader);
            }
            else
            {
                throw Bad(path, name, $"has an unknown or repeated field {Show(reader.ValueSpan)} (expected dtype, shape and data_offsets once each)");
            }
        }

        return dtype is not null && rank >= 0 && count == 2
            ? new SafetensorsEntry(dtype.Value, rank, offsets[0], offsets[1])
            : throw Bad(path, name, "lacks one of dtype, shape and data_offsets [begin, end]");
    }

    /// <summary>Throws unless a token is of a type; what it takes must be constant text, which costs nothing where all is right.</summary>
    public static void Expect(string path, ReadOnlySpan<byte> name, string what, JsonTokenType found, JsonTokenType expected)
    {
        if (found != expected)
        {
            throw ModelFileError.Malformed(path, $"{Show(name)}: expected {what}, found {found}");
        }
    }

    public static DiffusionException Bad(string path, ReadOnlySpan<byte> name, string reason) => ModelFileError.Malformed(path, $"tensor {Show(name)} {reason}");

    /// <summary>A name as it stands in the file, for a message.</summary>
    public static string Show(ReadOnlySpan<byte> raw) => $"'{Printable.Sanitize(Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 400)]))}'";

    /// <summary>Bytes of its elements. Saturates: no real file holds 2^90 bytes.</summary>
    public UInt128 ByteCount(ReadOnlySpan<int> shape)
    {
        if (shape.Contains(0))
        {
            return 0;
        }

        var limit = UInt128.One << 90;
        var count = (UInt128)TensorInfo.ElementSize(Dtype);
        foreach (var d in shape)
        {
            count = count > limit ? count : checked(count * (uint)d);
        }

        return count;
    }

    private static TensorDtype ReadDtype(string path, ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        for (var i = 0; i < Dtypes.Length; i++)
        {
            if (reader.ValueTextEquals(DtypeNames[i]))
            {
                return Dtypes[i];
            }
        }

        throw ModelFileError.Refused(
            path, $"tensor {Show(name)} has dtype {Show(reader.ValueSpan)}, which is not supported (supported: {string.Join(", ", DtypeNames)}); convert it");
    }

    private static int ReadIntegers(string path, ReadOnlySpan<byte> name, string field, scoped Span<long> values, ref Utf8JsonReader reader)
    {
        var count = 0;
        reader.Read();
        Expect(path, name, "a list of integers", reader.TokenType, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
            {
                throw Bad(path, name, $"has something in {field} that is not an integer from 0 to 2^63-1");
            }

            if (count == values.Length)
            {
                throw Bad(path, name, $"has more than {values.Length} numbers in {field}");
            }

            values[count++] = value;
        }

        return count;
    }

    private static void ToShape(string path, ReadOnlySpan<byte> name, ReadOnlySpan<long> numbers, Span<int> shape)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            shape[i] = numbers[i] <= int.MaxValue ? (int)numbers[i] : throw Bad(path, name, $"has the dimension {numbers[i]}, larger than {int.MaxValue}");
        }
    }
}
