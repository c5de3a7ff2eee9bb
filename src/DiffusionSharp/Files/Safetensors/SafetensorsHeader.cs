using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Safetensors;

/// <summary>
/// Parses a safetensors header. It is checked first, with a few numbers for each tensor (<see cref="SafetensorsCheck"/>); objects are made
/// only of a header that is right, so that refusing one takes little memory, whatever it claims.
/// </summary>
internal static class SafetensorsHeader
{
    public const int MaxBytes = 8 << 20;

    /// <param name="path">For messages.</param>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataLength">Bytes in the file after the header.</param>
    public static (OrderedDictionary<string, TensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw ModelFileError.Malformed(path, "its header does not begin with '{' (is it a safetensors file, or something else?)");
        }

        try
        {
            var count = new SafetensorsCheck(path, json, dataLength).Run();
            return Read(path, json, count);
        }
        catch (JsonException e)
        {
            throw ModelFileError.Malformed(path, $"its header is not valid JSON ({Printable.Sanitize(e.Message, 300)})", e);
        }
        catch (InvalidOperationException e)
        {
            // Utf8JsonReader.CopyString on bytes or escapes that are no text.
            throw ModelFileError.Malformed(path, "a name in its header is not valid UTF-8 text", e);
        }
    }

    private static (OrderedDictionary<string, TensorInfo>, Dictionary<string, string>) Read(string path, ReadOnlySpan<byte> json, int count)
    {
        var reader = SafetensorsEntry.Reader(json);
        var entries = new List<TensorInfo>(count);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Span<int> shape = stackalloc int[SafetensorsEntry.MaxRank];
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("__metadata__"))
            {
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    metadata.Add(key, reader.GetString()!);
                }

                continue;
            }

            var name = reader.GetString()!;
            var entry = SafetensorsEntry.Read(path, reader.ValueSpan, ref reader, shape);
            entries.Add(new TensorInfo(name, entry.Dtype, shape[..entry.Rank].ToArray(), json.Length + 8L + entry.Begin));
        }

        var tensors = new OrderedDictionary<string, TensorInfo>(entries.Count, StringComparer.Ordinal);
        foreach (var info in entries.OrderBy(e => e.Offset).ThenBy(e => e.ByteLength))
        {
            tensors.Add(info.Name, info);
        }

        return (tensors, metadata);
    }
}
