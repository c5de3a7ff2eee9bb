using System.Text.Json;

namespace DiffusionSharp.Weights;

/// <summary>Parses and checks a safetensors header. Allocates in proportion to the header's own bytes, whatever it claims.</summary>
internal static class SafetensorsHeader
{
    public const int MaxBytes = 8 << 20;
    private const int MaxRank = 16;

    private sealed record Entry(string Name, TensorDtype Dtype, int[] Shape, long Begin, long End);

    /// <param name="path">For messages.</param>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataLength">Bytes in the file after the header.</param>
    public static (OrderedDictionary<string, TensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw Bad(path, "its header does not begin with '{'");
        }

        try
        {
            return Read(path, json, dataLength);
        }
        catch (JsonException e)
        {
            throw Bad(path, $"its header is not valid JSON ({e.Message})", e);
        }
        catch (InvalidOperationException e)
        {
            // Utf8JsonReader.GetString on bytes or escapes that are no text.
            throw Bad(path, "a name in its header is not valid UTF-8 text", e);
        }
    }

    public static DiffusionException Bad(string path, string reason, Exception? inner = null) =>
        new(ErrorKind.ModelFile, $"safetensors file '{path}' is malformed: {reason}; fetch or export it again", inner);

    private static (OrderedDictionary<string, TensorInfo>, Dictionary<string, string>) Read(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        var names = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<Entry>();
        Dictionary<string, string>? metadata = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw Bad(path, $"the name {Show(name)} occurs twice in its header");
            }

            reader.Read();
            if (name == "__metadata__")
            {
                metadata = ReadMetadata(path, ref reader);
            }
            else
            {
                entries.Add(ReadEntry(path, name, ref reader));
            }
        }

        // What follows the closing brace may only be white space: Read throws on anything else.
        reader.Read();
        return (Place(path, entries, json.Length + 8L, dataLength), metadata ?? []);
    }

    private static Dictionary<string, string> ReadMetadata(string path, ref Utf8JsonReader reader)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        Expect(path, "__metadata__", "an object of strings", reader.TokenType, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(path, "__metadata__", $"a string for {Show(key)}", reader.TokenType, JsonTokenType.String);
            if (!result.TryAdd(key, reader.GetString()!))
            {
                throw Bad(path, $"__metadata__ has the key {Show(key)} twice");
            }
        }

        return result;
    }

    private static Entry ReadEntry(string path, string name, ref Utf8JsonReader reader)
    {
        string? dtype = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(path, name, "an object", reader.TokenType, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "dtype" when dtype is null:
                    Expect(path, name, "a string as dtype", reader.TokenType, JsonTokenType.String);
                    dtype = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(path, name, "shape", MaxRank, ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(path, name, "data_offsets", 2, ref reader);
                    break;
                default:
                    throw Bad(path, $"tensor {Show(name)} has an unknown or repeated field {Show(key!)} (expected dtype, shape and data_offsets once each)");
            }
        }

        if (dtype is null || shape is null || offsets is not { Count: 2 })
        {
            throw Bad(path, $"tensor {Show(name)} lacks one of dtype, shape and data_offsets [begin, end]");
        }

        return new Entry(name, ParseDtype(path, name, dtype), ToShape(path, name, shape), offsets[0], offsets[1]);
    }

    private static List<long> ReadIntegers(string path, string name, string field, int max, ref Utf8JsonReader reader)
    {
        Expect(path, name, $"a list as {field}", reader.TokenType, JsonTokenType.StartArray);
        var values = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
            {
                throw Bad(path, $"tensor {Show(name)}: {field} holds something that is not an integer from 0 to 2^63-1");
            }

            if (values.Count == max)
            {
                throw Bad(path, $"tensor {Show(name)}: {field} has more than {max} numbers");
            }

            values.Add(value);
        }

        return values;
    }

    private static TensorDtype ParseDtype(string path, string name, string text)
    {
        foreach (var dtype in Enum.GetValues<TensorDtype>())
        {
            if (dtype.ToString() == text)
            {
                return dtype;
            }
        }

        throw new DiffusionException(
            ErrorKind.ModelFile,
            $"safetensors file '{path}': tensor {Show(name)} has dtype {Show(text)}, which is not supported (supported: {string.Join(", ", Enum.GetNames<TensorDtype>())})");
    }

    private static int[] ToShape(string path, string name, List<long> shape)
    {
        var result = new int[shape.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = shape[i] <= int.MaxValue
                ? (int)shape[i]
                : throw Bad(path, $"tensor {Show(name)}: dimension {shape[i]} is larger than {int.MaxValue}");
        }

        return result;
    }

    private static OrderedDictionary<string, TensorInfo> Place(string path, List<Entry> entries, long dataStart, long dataLength)
    {
        var result = new OrderedDictionary<string, TensorInfo>(StringComparer.Ordinal);
        var at = 0L;
        foreach (var e in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (e.End < e.Begin || e.End > dataLength)
            {
                throw Bad(path, $"tensor {Show(e.Name)} has data_offsets [{e.Begin}, {e.End}], but the file holds {dataLength} bytes of data (cut off?)");
            }

            if (e.Begin != at)
            {
                throw Bad(path, $"tensor {Show(e.Name)} begins at byte {e.Begin} of the data, {(e.Begin < at ? "inside another tensor" : "after a hole")} (expected {at})");
            }

            var needed = ByteCount(e);
            if (needed != (UInt128)(e.End - e.Begin))
            {
                throw Bad(path, $"tensor {Show(e.Name)}: {e.Dtype} [{string.Join(", ", e.Shape)}] needs {needed} bytes, data_offsets give {e.End - e.Begin}");
            }

            result.Add(e.Name, new TensorInfo(e.Name, e.Dtype, e.Shape, dataStart + e.Begin));
            at = e.End;
        }

        return at == dataLength ? result : throw Bad(path, $"{dataLength - at} bytes at its end belong to no tensor");
    }

    /// <summary>Saturates: no real file holds 2^100 bytes.</summary>
    private static UInt128 ByteCount(Entry e)
    {
        if (e.Shape.Contains(0))
        {
            return 0;
        }

        var limit = UInt128.One << 90;
        var count = (UInt128)TensorInfo.ElementSize(e.Dtype);
        foreach (var d in e.Shape)
        {
            count = count > limit ? count : checked(count * (uint)d);
        }

        return count;
    }

    private static void Expect(string path, string name, string what, JsonTokenType found, JsonTokenType expected)
    {
        if (found != expected)
        {
            throw Bad(path, $"{Show(name)}: expected {what}, found {found}");
        }
    }

    private static string Show(string name) => $"'{Printable.Of(name)}'";
}
