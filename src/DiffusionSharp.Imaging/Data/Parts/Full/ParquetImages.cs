using System.Text.Json;
using DiffusionSharp.Imaging.Decoding;
using Parquet;
using Parquet.Schema;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Hugging Face's image data sets as parquet: a column of encoded images, alone or as <c>bytes</c> of a structure, and an integer column
/// <c>label</c>, <c>labels</c> or <c>fine_label</c> where there are classes; their names are in the metadata <c>huggingface</c>.
/// </summary>
internal static class ParquetImages
{
    private const int MostClasses = 1_000_000;
    private const long MostColumnBytes = 2L << 30;

    // Encoded images hardly pack: what is beyond this and a hundred times what lies in the file are zeros.
    private const long CertainColumnBytes = 64L << 20;
    private const int MaxExpansion = 100;
    private static readonly string[] LabelColumns = ["label", "labels", "fine_label"];

    /// <summary>Opens the shards of a set, which have one schema.</summary>
    public static EncodedImages Open(IReadOnlyList<string> paths)
    {
        var (total, largest, names) = (0L, -1, default(string[]));
        foreach (var path in paths)
        {
            using var shard = new Shard(path);
            total += shard.Rows;
            names ??= shard.ClassNames();
            largest = names is null ? Math.Max(largest, shard.Groups().Max(g => shard.Labels(g)?.DefaultIfEmpty(-1).Max()) ?? -1) : largest;
        }

        return new EncodedImages(Read(paths, names?.Length ?? largest + 1), total, names ?? EncodedImages.Numbers(largest + 1));
    }

    private static IEnumerable<RawImage> Read(IReadOnlyList<string> paths, int classes)
    {
        foreach (var path in paths)
        {
            using var shard = new Shard(path);
            var row = 0L;
            foreach (var group in shard.Groups())
            {
                var (images, labels) = (shard.Images(group), classes == 0 ? null : shard.Labels(group));
                for (var i = 0; i < images.Length; i++)
                {
                    yield return Image(FormattableString.Invariant($"{Path.GetFileName(path)}/{row++}"), images[i], labels is null ? (classes == 0 ? 0 : -1) : labels[i], classes);

                    // What was handed on is the reader's to keep.
                    images[i] = null;
                }
            }
        }
    }

    private static RawImage Image(string name, byte[]? bytes, int label, int classes) => bytes is null
        ? Bad(name, "it is null")
        : classes > 0 && (label < 0 || label >= classes)
            ? Bad(name, FormattableString.Invariant($"its label is {label}, 0 to {classes - 1} expected"))
            : bytes.Length > RawImage.MaxFileBytes
                ? Bad(name, $"{bytes.Length} bytes are more than the limit of {RawImage.MaxFileBytes}")
                : new RawImage(name, bytes.Length, () => bytes) { Label = Math.Max(0, label) };

    private static RawImage Bad(string name, string reason) => new(name, 0, () => throw new BadImageException(reason));

    /// <summary>One file. Parquet.Net reports damage in many ways: whatever it throws becomes one error that names the file.</summary>
    private sealed class Shard : IDisposable
    {
        private readonly string path;
        private readonly long length;
        private readonly ParquetReader reader;
        private readonly DataField images;
        private readonly DataField? labels;

        public Shard(string path)
        {
            this.path = path;
            length = new FileInfo(path).Length;
            reader = Guarded(() => Wait(ParquetReader.CreateAsync(path)));
            try
            {
                var fields = Guarded(() => reader.Schema.DataFields);
                var ofBytes = fields.Where(f => f.ClrType == typeof(ReadOnlyMemory<byte>)).ToArray();
                images = ofBytes.FirstOrDefault(f => Name(f).EndsWith("/bytes", StringComparison.Ordinal)) ?? ofBytes.FirstOrDefault()
                    ?? throw Error($"no column of images found: one of bytes is expected, there are {string.Join(", ", fields.Select(f => $"{f.Path}"))}");
                labels = LabelColumns.Select(n => fields.FirstOrDefault(f => Name(f) == n)).FirstOrDefault(f => f is not null);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public long Rows => Guarded(() => Groups().Sum(g => reader.RowGroups[g].RowCount));

        public IEnumerable<int> Groups() => Enumerable.Range(0, Guarded(() => reader.RowGroupCount));

        public byte[]?[] Images(int group) => Guarded(() =>
        {
            using var rows = reader.OpenRowGroupReader(group);
            var values = new byte[]?[Count(rows, images)];
            Wait(rows.ReadAsync(images, values.AsMemory()));
            return values;
        });

        /// <summary>The labels of a group, -1 where there is none; null without a column of labels.</summary>
        public int[]? Labels(int group) => labels is null ? null : Guarded(() =>
        {
            using var rows = reader.OpenRowGroupReader(group);
            return labels.ClrType == typeof(long) ? Numbers<long>(rows)
                : labels.ClrType == typeof(int) ? Numbers<int>(rows)
                : labels.ClrType == typeof(short) ? Numbers<short>(rows)
                : labels.ClrType == typeof(byte) ? Numbers<byte>(rows)
                : throw Error($"the column {labels.Path} is of {labels.ClrType.Name}; classes are whole numbers");
        });

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
                    && features.TryGetProperty(Name(labels), out var label) && label.TryGetProperty("names", out var names)
                    ? [.. names.EnumerateArray().Select(n => n.GetString() ?? string.Empty)]
                    : null;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Names are a convenience: the numbers stay.
                return null;
            }
        }

        public void Dispose() => Wait(reader.DisposeAsync());

        private int[] Numbers<T>(ParquetRowGroupReader rows)
            where T : struct, System.Numerics.INumber<T>
        {
            var numbers = new int[Count(rows, labels!)];
            if (labels!.IsNullable)
            {
                var some = new T?[numbers.Length];
                Wait(rows.ReadAsync(labels, some.AsMemory()));
                return Array.ConvertAll(some, n => n is { } number ? Checked(number) : -1);
            }

            var all = new T[numbers.Length];
            Wait(rows.ReadAsync(labels, all.AsMemory()));
            return Array.ConvertAll(all, Checked);
        }

        private int Checked<T>(T label)
            where T : System.Numerics.INumber<T> => label < T.Zero ? -1
            : long.CreateTruncating(label) is < MostClasses and var number ? (int)number
            : throw Error($"the label {label} is found; classes from 0 to {MostClasses - 1} are expected");

        private int Count(ParquetRowGroupReader rows, DataField field)
        {
            var column = rows.GetMetadata(field)?.MetaData;
            var bytes = column?.TotalUncompressedSize ?? 0;
            var most = Math.Min(MostColumnBytes, Math.Max(CertainColumnBytes, MaxExpansion * Math.Min(column?.TotalCompressedSize ?? 0, length)));
            return rows.RowCount >= 0 && rows.RowCount <= length && bytes <= most
                ? (int)rows.RowCount
                : throw Error($"a row group promises {rows.RowCount} rows, {bytes} bytes of {field.Path}, in a file of {length} bytes (at most {most} bytes are read at once; write smaller row groups)");
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

        private static string Name(DataField field) => $"{field.Path}";

        private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

        private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();
    }
}
