using Parquet;
using Parquet.Schema;

namespace TestKit.Files;

/// <summary>A row group of a parquet file, column by column.</summary>
public sealed class ParquetTable
{
    private readonly List<(Field Field, Func<ParquetRowGroupWriter, DataField, Task>[] Write)> columns = [];

    /// <summary>A column of files, as Hugging Face's datasets has them: a structure of <c>bytes</c> and <c>path</c>.</summary>
    public ParquetTable Pictures(string name, params byte[]?[] files) => Add(
        new StructField(name, new DataField<byte[]>("bytes"), new DataField<string>("path")),
        (group, field) => group.WriteAsync(field, files!),
        (group, field) => group.WriteAsync(field, files.Select((_, i) => $"{i}.png").ToArray()));

    /// <summary>A plain column of bytes.</summary>
    public ParquetTable Bytes(string name, params byte[]?[] files) => Add(new DataField<byte[]>(name), (group, field) => group.WriteAsync(field, files!));

    /// <summary>A column of texts.</summary>
    public ParquetTable Texts(string name, params string?[] texts) => Add(new DataField<string>(name), (group, field) => group.WriteAsync(field, texts!));

    /// <summary>A column of numbers, some of which may be null.</summary>
    public ParquetTable Values<T>(string name, params T?[] values)
        where T : struct => Add(new DataField<T?>(name), (group, field) => group.WriteAsync<T>(field, values.AsMemory()));

    /// <summary>A column of numbers that cannot be null.</summary>
    public ParquetTable Required<T>(string name, params T[] values)
        where T : struct => Add(new DataField<T>(name), (group, field) => group.WriteAsync<T>(field, values.AsMemory()));

    /// <summary>Writes a file of row groups with the same columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="huggingface">The metadata of that name; null for none.</param>
    /// <param name="groups">The row groups.</param>
    public static async Task<string> Save(string path, string? huggingface, params ParquetTable[] groups)
    {
        var schema = new ParquetSchema([.. groups[0].columns.Select(c => c.Field)]);
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        if (huggingface is not null)
        {
            writer.CustomMetadata = new Dictionary<string, string>(StringComparer.Ordinal) { [nameof(huggingface)] = huggingface };
        }

        foreach (var table in groups)
        {
            using var group = writer.CreateRowGroup();
            foreach (var (write, i) in table.columns.SelectMany(c => c.Write).Select((w, i) => (w, i)))
            {
                await write(group, schema.DataFields[i]);
            }
        }

        return path;
    }

    private ParquetTable Add(Field field, params Func<ParquetRowGroupWriter, DataField, Task>[] write)
    {
        columns.Add((field, write));
        return this;
    }
}
