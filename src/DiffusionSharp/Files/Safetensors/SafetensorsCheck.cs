using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Safetensors;

/// <summary>
/// Checks a safetensors header without making objects: a hash of each name, and where each tensor begins and ends. 8 MiB of header hold
/// at most 165,000 tensors, so that this takes less than 4 MiB.
/// </summary>
internal ref struct SafetensorsCheck(string path, ReadOnlySpan<byte> json, long dataLength)
{
    // {"dtype":"U8","shape":[0],"data_offsets":[0,0]} with quotes, colon and comma of its name.
    private const int ShortestEntry = 51;
    private const int MaxName = 1024;
    private const int MaxMetadata = 1 << 12;

    private readonly ReadOnlySpan<byte> json = json;
    private readonly ulong[] names = new ulong[(json.Length / ShortestEntry) + 1];
    private readonly long[] begins = new long[(json.Length / ShortestEntry) + 1];
    private readonly long[] ends = new long[(json.Length / ShortestEntry) + 1];
    private int count;

    /// <summary>Throws unless it is right; returns the number of tensors.</summary>
    public int Run()
    {
        var reader = SafetensorsEntry.Reader(json);
        var hasMetadata = false;
        Span<int> shape = stackalloc int[SafetensorsEntry.MaxRank];
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("__metadata__"u8))
            {
                Tensor(ref reader, shape);
            }
            else if (hasMetadata)
            {
                throw ModelFileError.Malformed(path, "the name '__metadata__' occurs twice in its header");
            }
            else
            {
                hasMetadata = true;
                Metadata(ref reader);
            }
        }

        // What follows the closing brace may only be white space: Read throws on anything else.
        reader.Read();
        CheckNames(names.AsSpan(0, count), "its header");
        CheckPlaces();
        return count;
    }

    private void Tensor(ref Utf8JsonReader reader, scoped Span<int> shape)
    {
        var name = reader.ValueSpan;
        var hash = Hash(ref reader);
        var entry = SafetensorsEntry.Read(path, name, ref reader, shape);
        if (entry.End < entry.Begin || entry.End > dataLength)
        {
            throw SafetensorsEntry.Bad(path, name, $"has data_offsets [{entry.Begin}, {entry.End}], but the file holds {dataLength} bytes of data (cut off?)");
        }

        var needed = entry.ByteCount(shape[..entry.Rank]);
        if (needed != (UInt128)(entry.End - entry.Begin))
        {
            throw SafetensorsEntry.Bad(
                path, name, $"needs {needed} bytes for {entry.Dtype} [{string.Join(", ", shape[..entry.Rank].ToArray())}], data_offsets give {entry.End - entry.Begin}");
        }

        (names[count], begins[count], ends[count]) = (hash, entry.Begin, entry.End);
        count++;
    }

    private readonly void Metadata(ref Utf8JsonReader reader)
    {
        var keys = new List<ulong>();
        reader.Read();
        SafetensorsEntry.Expect(path, "__metadata__"u8, "an object of strings", reader.TokenType, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (keys.Count == MaxMetadata)
            {
                throw ModelFileError.Malformed(path, $"its __metadata__ has more than {MaxMetadata} keys");
            }

            var key = reader.ValueSpan;
            keys.Add(Hash(ref reader));
            reader.Read();
            SafetensorsEntry.Expect(path, key, "a string, as in all of __metadata__", reader.TokenType, JsonTokenType.String);
            if (!JsonEscapes.IsText(reader.ValueSpan))
            {
                throw ModelFileError.Malformed(path, $"the value of {SafetensorsEntry.Show(key)} in its __metadata__ is not valid UTF-8 text");
            }
        }

        CheckNames(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(keys), "its __metadata__");
    }

    /// <summary>FNV-1a of a name's text. Two names with one hash, which nobody meets by chance, count as the same.</summary>
    private readonly ulong Hash(ref Utf8JsonReader reader)
    {
        var length = reader.ValueSpan.Length;
        if (length > MaxName)
        {
            throw ModelFileError.Malformed(path, $"a name in its header has {length} bytes (at most {MaxName} are accepted)");
        }

        Span<byte> text = stackalloc byte[MaxName];
        text = text[..reader.CopyString(text)];
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            throw ModelFileError.Malformed(path, $"the name {SafetensorsEntry.Show(text)} in its header is not valid UTF-8 text");
        }

        var hash = 14695981039346656037;
        foreach (var b in text)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash;
    }

    private readonly void CheckNames(Span<ulong> hashes, string where)
    {
        hashes.Sort();
        for (var i = 1; i < hashes.Length; i++)
        {
            if (hashes[i] == hashes[i - 1])
            {
                throw ModelFileError.Malformed(path, $"the name {NameOf(hashes[i])} occurs twice in {where}");
            }
        }
    }

    // Tensors in the order of their places must fill the data: only empty ones may begin where another does.
    private readonly void CheckPlaces()
    {
        begins.AsSpan(0, count).Sort(ends.AsSpan(0, count));
        var at = 0L;
        for (var i = 0; i < count;)
        {
            var begin = begins[i];
            var next = begin;
            if (begin != at)
            {
                throw Misplaced(begin, at);
            }

            for (; i < count && begins[i] == begin; i++)
            {
                if (ends[i] != begin && next != begin)
                {
                    throw Misplaced(begin, next);
                }

                next = Math.Max(next, ends[i]);
            }

            at = next;
        }

        if (at != dataLength)
        {
            throw ModelFileError.Malformed(path, $"{dataLength - at} bytes at its end belong to no tensor");
        }
    }

    private readonly DiffusionException Misplaced(long begin, long expected) => ModelFileError.Malformed(
        path, $"tensor {NameAt(begin)} begins at byte {begin} of the data, {(begin < expected ? "inside another tensor" : "after a hole")} (expected {expected})");

    private readonly string NameOf(ulong hash)
    {
        var reader = SafetensorsEntry.Reader(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueSpan.Length <= MaxName && Hash(ref reader) == hash)
            {
                return SafetensorsEntry.Show(reader.ValueSpan);
            }
        }

        return "(unknown)";
    }

    // Of several that begin there the first that is not empty.
    private readonly string NameAt(long begin)
    {
        var reader = SafetensorsEntry.Reader(json);
        var found = default(ReadOnlySpan<byte>);
        Span<int> shape = stackalloc int[SafetensorsEntry.MaxRank];
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            if (reader.ValueTextEquals("__metadata__"u8))
            {
                reader.Skip();
                continue;
            }

            var entry = SafetensorsEntry.Read(path, name, ref reader, shape);
            found = entry.Begin == begin ? name : found;
            if (entry.Begin == begin && entry.End > begin)
            {
                break;
            }
        }

        return SafetensorsEntry.Show(found);
    }
}
