using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Hugging Face's image data sets as parquet: a column of encoded images, alone or as <c>bytes</c> of a structure, and a column
/// <c>label</c>, <c>labels</c> or <c>fine_label</c> of numbers or names where there are classes; names of numbers are in the metadata
/// <c>huggingface</c>.
/// </summary>
internal static class ParquetImages
{
    /// <summary>Opens the shards of a set, which have one schema.</summary>
    /// <param name="paths">The shards.</param>
    /// <param name="column">The column of pictures; null takes <c>image</c>, else <c>img</c>, else the first.</param>
    public static EncodedImages Open(IReadOnlyList<string> paths, string? column)
    {
        var (total, taken, names) = (0L, default(PictureColumn), default(string[]));
        foreach (var path in paths)
        {
            using var shard = new ParquetShard(path, taken?.Name ?? column);
            (total, taken, names) = (total + shard.Rows, taken ?? shard.Column, names ?? shard.ClassNames());
        }

        if (total == 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{string.Join(", ", paths)}: the table has no rows, and so no images");
        }

        var labels = ClassLabels.Read(
            collector =>
            {
                foreach (var path in paths)
                {
                    using var shard = new ParquetShard(path, taken!.Name);
                    shard.ReadLabels(collector);
                }
            },
            classes => names ?? EncodedImages.Numbers(classes));
        return new EncodedImages(Read(paths, taken!.Name, labels), total, labels.Names) { LabelProblem = labels.Problem, Column = taken };
    }

    private static IEnumerable<RawImage> Read(IReadOnlyList<string> paths, string column, ClassLabels labels)
    {
        var image = 0;
        foreach (var path in paths)
        {
            using var shard = new ParquetShard(path, column);
            var row = 0L;
            foreach (var images in shard.Images())
            {
                for (var i = 0; i < images.Length; i++)
                {
                    yield return Image(FormattableString.Invariant($"{Path.GetFileName(path)}/{row++}"), images[i]) with { Label = labels[image++] };

                    // What was handed on is the reader's to keep.
                    images[i] = null;
                }
            }
        }
    }

    private static RawImage Image(string name, byte[]? bytes) =>
        bytes is null ? RawImage.Unusable(name, "it is null")
        : bytes.Length > BoundedRead.MaxFileBytes ? RawImage.Unusable(name, $"{bytes.Length} bytes are more than the limit of {BoundedRead.MaxFileBytes}")
        : new RawImage(name, bytes.Length, () => bytes);
}
