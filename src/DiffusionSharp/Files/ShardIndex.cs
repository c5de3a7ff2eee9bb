using System.Text.Json;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files;

/// <summary>
/// Reads tensors in several files by the index beside them (Hugging Face's <c>*.index.json</c>):
/// <c>{"metadata": {…}, "weight_map": {name: file}}</c>.
/// </summary>
internal static class ShardIndex
{
    private const int MaxBytes = 8 << 20;
    private const int MaxShards = 1000;

    /// <summary>Whether a file begins with an object of JSON.</summary>
    public static bool Begins(ReadOnlySpan<byte> start) => start.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    public static TensorFile Read(FileBytes index)
    {
        var budget = new ReadBudget(index.Path, index.Length);
        var (fileOf, shards) = Parse(index, budget);
        if (fileOf is not { Count: > 0 })
        {
            throw ModelFileError.Refused(
                index.Path, "it is JSON without a weight_map, or with an empty one, and no index of weights in several files; give the file of the weights, or the folder of the model");
        }

        var opened = new List<TensorFile>();
        try
        {
            foreach (var shard in shards)
            {
                opened.Add(Open(index.Path, shard));
            }

            var result = Merge(index, fileOf, shards, opened);
            index.Dispose();
            return result;
        }
        catch
        {
            opened.ForEach(f => f.Dispose());
            throw;
        }
    }

    private static (Dictionary<string, int>? FileOf, List<string> Shards) Parse(FileBytes index, ReadBudget budget)
    {
        if (index.Length > MaxBytes)
        {
            throw ModelFileError.Malformed(index.Path, $"it is JSON of {index.Length} bytes (at most {MaxBytes} are accepted)");
        }

        budget.ChargeArray(index.Length, 1);
        var json = new byte[(int)index.Length];
        if (!index.TryRead(json, 0))
        {
            throw ModelFileError.Malformed(index.Path, "it becomes shorter while it is read");
        }

        try
        {
            return Parse(index.Path, json, budget);
        }
        catch (JsonException e)
        {
            throw ModelFileError.Malformed(index.Path, $"it is not valid JSON ({Printable.Sanitize(e.Message, 300)})", e);
        }
        catch (InvalidOperationException e)
        {
            throw ModelFileError.Malformed(index.Path, "a name in it is not valid UTF-8 text", e);
        }
    }

    private static (Dictionary<string, int>? FileOf, List<string> Shards) Parse(string path, byte[] json, ReadBudget budget)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        Dictionary<string, int>? fileOf = null;
        var shards = new List<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMap = reader.ValueTextEquals("weight_map");
            reader.Read();
            if (!isMap)
            {
                reader.Skip();
            }
            else if (fileOf is not null || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ModelFileError.Malformed(path, "its weight_map is no object, or occurs twice");
            }
            else
            {
                ReadMap(path, ref reader, fileOf = new Dictionary<string, int>(StringComparer.Ordinal), shards, budget);
            }
        }

        reader.Read();
        return (fileOf, shards);
    }

    private static void ReadMap(string path, ref Utf8JsonReader reader, Dictionary<string, int> fileOf, List<string> shards, ReadBudget budget)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // A dictionary's entry while it grows, and two strings.
            budget.Charge(192 + (3L * reader.ValueSpan.Length));
            var name = reader.GetString()!;
            reader.Read();
            budget.Charge(3L * reader.ValueSpan.Length);
            var shard = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw ModelFileError.Malformed(path, $"tensor '{Printable.Sanitize(name)}' has no file name");
            if (!numbers.TryGetValue(shard, out var number))
            {
                CheckName(path, shard, shards.Count);
                numbers.Add(shard, number = shards.Count);
                shards.Add(shard);
            }

            if (!fileOf.TryAdd(name, number))
            {
                throw ModelFileError.Malformed(path, $"it has the tensor '{Printable.Sanitize(name)}' twice");
            }
        }
    }

    private static void CheckName(string path, string shard, int count)
    {
        if (shard.Length is 0 or > 255 || shard is "." or ".." || shard.AsSpan().IndexOfAny("/\\:") >= 0 || shard.Any(char.IsControl))
        {
            throw ModelFileError.Malformed(path, $"it names the file '{Printable.Sanitize(shard)}', which is no plain name of a file beside it");
        }

        if (count == MaxShards)
        {
            throw ModelFileError.Malformed(path, $"it names more than {MaxShards} files");
        }
    }

    private static TensorFile Open(string indexPath, string shard)
    {
        var file = FileBytes.Open(Path.Combine(Path.GetDirectoryName(indexPath) ?? "", shard));
        try
        {
            Span<byte> start = stackalloc byte[512];
            start = start[..(int)Math.Min(start.Length, file.Length)];
            return file.TryRead(start, 0) ? TensorFiles.ReadOne(file, start) : throw ModelFileError.Malformed(file.Path, "it becomes shorter while it is read");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static TensorFile Merge(FileBytes index, Dictionary<string, int> fileOf, List<string> shards, List<TensorFile> opened)
    {
        var tensors = new OrderedDictionary<string, TensorInfo>(StringComparer.Ordinal);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new List<FileBytes>();
        var checksums = new List<StoredChecksum>();
        for (var i = 0; i < opened.Count; i++)
        {
            var first = files.Count;
            foreach (var (name, info) in opened[i].Tensors)
            {
                if (!fileOf.TryGetValue(name, out var shard) || shard != i)
                {
                    throw ModelFileError.Malformed(
                        index.Path, $"'{Printable.Sanitize(shards[i])}' has the tensor '{Printable.Sanitize(name)}', which the index {(fileOf.ContainsKey(name) ? "gives to another file" : "does not have")}");
                }

                tensors.Add(name, info with { File = first + info.File });
            }

            foreach (var (key, value) in opened[i].Values)
            {
                values.TryAdd(key, value);
            }

            checksums.AddRange(opened[i].Checksums.Select(c => c with { File = first + c.File }));
            files.AddRange(opened[i].Files);
        }

        foreach (var (name, shard) in fileOf)
        {
            if (!tensors.ContainsKey(name))
            {
                throw ModelFileError.Malformed(index.Path, $"'{Printable.Sanitize(shards[shard])}' lacks the tensor '{Printable.Sanitize(name)}', which the index gives to it");
            }
        }

        return new TensorFile(TensorContainer.Shards, files, tensors, values) { Checksums = checksums, UnreadNames = [.. opened.SelectMany(f => f.UnreadNames).Distinct()] };
    }
}
