using System.Numerics;
using System.Text.Json;
using DiffusionSharp.Files.Storage;
using Parquet;
using Parquet.Schema;

namespace DiffusionSharp.Imaging.Data;

/// <summary>One file of a parquet set. Parquet.Net reports damage in many ways: whatever it throws becomes one error that names the file.</summary>
internal sealed class ParquetShard : IDisposable
{
    private const long MostColumnBytes = 2L << 30;

    // Encoded images hardly pack: what is beyond this and a hundred times what lies in the file are zeros.
    private const long CertainColumnBytes = 64L << 20;
    private const int MaxExpansion = 100;
    private const string BytesOf = "/bytes";
    private static readonly string[] LabelColumns = ["label", "labels", "fine_label"];
    private static readonly string[] UsualColumns = ["image", "img"];

    private readonly string path;
    private readonly FileStream file;
    private readonly ParquetReader reader;
    private readonly DataField images;
    private readonly DataField? labels;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column of pictures; null chooses.</param>
    public ParquetShard(string path, string? column)
    {
        this.path = path;
        file = RegularFile.OpenRead(path);
        try
        {
            reader = Guarded(() => Wait(ParquetReader.CreateAsync(file)));
            var fields = Guarded(() => reader.Schema.DataFields);
            labels = LabelColumns.Select(n => fields.FirstOrDefault(f => PathOf(f) == n)).FirstOrDefault(f => f is not null);
            (images, Column) = Choose(fields, column);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The column of pictures.</summary>
    public PictureColumn Column { get; }

    /// <summary>Rows, of which no file has more than bytes.</summary>
    public long Rows => Guarded(() => Groups().Sum(g => reader.RowGroups[g].RowCount)) is var rows && rows <= file.Length
        ? rows
        : throw Error($"it promises {rows} rows in {file.Length} bytes");

    /// <summary>The pictures, a row group at a time.</summary>
    public IEnumerable<byte[]?[]> Images() => Groups().Select(group => Guarded(() =>
    {
        using var rows = reader.OpenRowGroupReader(group);
        var values = new byte[]?[Count(rows, images)];
        Wait(rows.ReadAsync(images, values.AsMemory()));
        return values;
    }));

    /// <summary>Hands on the label of each row: a number, a name, or none.</summary>
    public void ReadLabels(LabelCollector collector)
    {
        foreach (var group in Groups())
        {
            Guarded(() =>
            {
                using var rows = reader.OpenRowGroupReader(group);
                ReadLabels(rows, collector);
                return 0;
            });
        }
    }

    /// <summary>The names that Hugging Face's datasets library stored, or null.</summary>
    public string[]? ClassNames()
    {
        if (labels is null || !reader.CustomMetadata.TryGetValue("huggingface", out var text))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("info", out var info) && info.TryGetProperty("features", out var features)
                && features.TryGetProperty(PathOf(labels), out var label) && label.TryGetProperty("names", out var names)
                ? [.. names.EnumerateArray().Select(n => n.GetString() ?? string.Empty)]
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Names are a convenience: the numbers stay.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (reader is not null)
        {
            Wait(reader.DisposeAsync());
        }

        file.Dispose();
    }

    /// <summary>The column asked for, else the usual names, else the first structure with bytes, else the first column of bytes.</summary>
    private (DataField Field, PictureColumn Column) Choose(DataField[] fields, string? asked)
    {
        var columns = fields.Where(f => f.ClrType == typeof(ReadOnlyMemory<byte>) && f.MaxRepetitionLevel == 0)
            .Select(f => (Field: f, Name: PathOf(f).EndsWith(BytesOf, StringComparison.Ordinal) ? PathOf(f)[..^BytesOf.Length] : PathOf(f)))
            .OrderBy(c => PathOf(c.Field) == c.Name ? 1 : 0).ToArray();
        string[] names = [.. columns.Select(c => c.Name)];
        if (names.Length == 0)
        {
            throw Error($"no column of images found: one of bytes is expected, there are {string.Join(", ", fields.Select(PathOf))}");
        }

        var name = asked ?? UsualColumns.FirstOrDefault(names.Contains) ?? names[0];
        var index = Array.IndexOf(names, name);
        return index >= 0
            ? (columns[index].Field, new PictureColumn(name, [.. names.Where(n => n != name)]))
            : throw new DiffusionException(ErrorKind.Usage, $"{path}: there is no column '{name}' of images; those it has are {string.Join(", ", names)}");
    }

    private IEnumerable<int> Groups() => Enumerable.Range(0, Guarded(() => reader.RowGroupCount));

    private void ReadLabels(ParquetRowGroupReader rows, LabelCollector collector)
    {
        if (labels is null)
        {
            collector.AddNone(Count(rows, images));
        }
        else if (labels.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var names = new string?[Count(rows, labels)];
            Wait(rows.ReadAsync(labels, names.AsMemory()));
            Array.ForEach(names, collector.Add);
        }
        else
        {
            Array.ForEach(Numbers(labels.ClrType, rows), collector.Add);
        }
    }

    private long?[] Numbers(Type type, ParquetRowGroupReader rows) =>
        type == typeof(long) ? Numbers<long>(rows)
        : type == typeof(int) ? Numbers<int>(rows)
        : type == typeof(short) ? Numbers<short>(rows)
        : type == typeof(sbyte) ? Numbers<sbyte>(rows)
        : type == typeof(ulong) ? Numbers<ulong>(rows)
        : type == typeof(uint) ? Numbers<uint>(rows)
        : type == typeof(ushort) ? Numbers<ushort>(rows)
        : type == typeof(byte) ? Numbers<byte>(rows)
        : throw Error($"its column {labels!.Path} holds {Words(type)}; classes are whole numbers or names");

    private long?[] Numbers<T>(ParquetRowGroupReader rows)
        where T : struct, INumber<T>
    {
        var count = Count(rows, labels!);
        if (labels!.IsNullable)
        {
            var some = new T?[count];
            Wait(rows.ReadAsync(labels, some.AsMemory()));
            return Array.ConvertAll(some, n => n is { } number ? long.CreateSaturating(number) : default(long?));
        }

        var all = new T[count];
        Wait(rows.ReadAsync(labels, all.AsMemory()));
        return Array.ConvertAll(all, n => (long?)long.CreateSaturating(n));
    }

    private static string Words(Type type) =>
        type == typeof(bool) ? "true and false"
        : type == typeof(float) || type == typeof(double) || type == typeof(decimal) ? "fractions"
        : type == typeof(ReadOnlyMemory<byte>) ? "bytes"
        : "something else";

    private int Count(ParquetRowGroupReader rows, DataField field)
    {
        var column = rows.GetMetadata(field)?.MetaData;
        var bytes = column?.TotalUncompressedSize ?? 0;
        var most = Math.Min(MostColumnBytes, Math.Max(CertainColumnBytes, MaxExpansion * Math.Min(column?.TotalCompressedSize ?? 0, file.Length)));
        return rows.RowCount >= 0 && rows.RowCount <= file.Length && bytes <= most
            ? (int)rows.RowCount
            : throw Error($"a row group promises {rows.RowCount} rows, {bytes} bytes of {field.Path}, in a file of {file.Length} bytes (at most {most} bytes are read at once; write smaller row groups)");
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (DiffusionException or FileNotFoundException or UnauthorizedAccessException or OutOfMemoryException))
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: the parquet file is damaged, or of a kind that is not supported: {e.Message}", e);
        }
    }

    private DiffusionException Error(string what) => new(ErrorKind.Data, $"{path}: {what}");

    private static string PathOf(DataField field) => $"{field.Path}";

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();
}
