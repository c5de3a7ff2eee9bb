using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Safetensors;

/// <summary>Writes safetensors files. Equal input gives equal bytes.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file through <see cref="AtomicFile"/> and reads it back before it takes the old one's place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Names and values, in the order they get in the file.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, written in ordinal order of their keys.</param>
    /// <exception cref="DiffusionException">The storage refused, or what was read back differs; the old file is as it was.</exception>
    /// <exception cref="ArgumentException">A name occurs twice or is <c>__metadata__</c>, or the header grows beyond 8 MiB.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, HostTensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Write(path, (IReadOnlyList<StoredTensor>)[.. tensors.Select(t => StoredTensor.FromMemory(t.Key, t.Value))], metadata);
    }

    /// <summary>Writes to a stream.</summary>
    /// <param name="stream">Receives the file's bytes.</param>
    /// <param name="tensors">Names and values, in the order they get in the file.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">A name occurs twice or is <c>__metadata__</c>, or the header grows beyond 8 MiB.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, HostTensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        StoredTensor[] list = [.. tensors.Select(t => StoredTensor.FromMemory(t.Key, t.Value))];
        WriteTo(stream, Header(list, metadata), list);
    }

    /// <summary>As above, with values that are read one tensor at a time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>.</param>
    /// <param name="verify">False where the caller compares what was written.</param>
    internal static void Write(string path, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata, bool verify = true)
    {
        var header = Header(tensors, metadata);
        AtomicFile.Write(path, stream => WriteTo(stream, header, tensors), verify ? written => Verify(path, written, tensors) : null);
    }

    private static byte[] Header(IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(new byte[8]);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            WriteHeader(json, tensors, metadata);
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        if (buffer.Length - 8 > SafetensorsHeader.MaxBytes)
        {
            throw new ArgumentException($"the header of {tensors.Count} tensors would have {buffer.Length - 8} bytes, at most {SafetensorsHeader.MaxBytes} are allowed", nameof(tensors));
        }

        var bytes = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - 8));
        return bytes;
    }

    private static void WriteHeader(Utf8JsonWriter json, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"the tensor name '{tensor.Name}' occurs twice or is reserved", nameof(tensors));
            }

            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.Dtype.ToString());
            json.WriteStartArray("shape");
            foreach (var d in tensor.Shape)
            {
                json.WriteNumberValue(d);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset += (long)tensor.Elements * TensorInfo.ElementSize(tensor.Dtype);
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteTo(Stream stream, byte[] header, IReadOnlyList<StoredTensor> tensors)
    {
        stream.Write(header);
        foreach (var tensor in tensors)
        {
            tensor.CopyTo(stream.Write);
        }
    }

    private static void Verify(string path, string written, IReadOnlyList<StoredTensor> tensors)
    {
        using var file = SafetensorsFormat.Read(FileBytes.Open(written));
        foreach (var tensor in tensors)
        {
            var found = file.ReadBytes(tensor.Name);
            var (at, same) = (0, file.Tensors[tensor.Name].Shape.SequenceEqual(tensor.Shape));
            tensor.CopyTo(part =>
            {
                same = same && part.Length <= found.Length - at && part.SequenceEqual(found.AsSpan(at, part.Length));
                at += part.Length;
            });
            if (!same)
            {
                throw new DiffusionException(ErrorKind.Storage, $"'{path}': tensor '{tensor.Name}' reads back other than it was written; the disk or memory may be failing, the old file is kept");
            }
        }
    }
}
