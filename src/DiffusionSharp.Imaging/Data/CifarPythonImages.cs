using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// CIFAR-10's batches of the Python version, and CIFAR-100's (cs.toronto.edu/~kriz/cifar.html): pickles of a dictionary with <c>data</c>,
/// uint8 [N, 3072], and <c>labels</c> or <c>fine_labels</c>; names of the classes in <c>batches.meta</c> or <c>meta</c>. Read by the reader
/// that executes nothing.
/// </summary>
internal static class CifarPythonImages
{
    /// <summary>The batches among the files of a folder: data_batch_1 to 5, or CIFAR-100's train.</summary>
    public static string[] BatchesOf(IReadOnlyList<string> files)
    {
        string[] batches = [.. files.Where(f => Path.GetFileName(f) is ['d', 'a', 't', 'a', '_', 'b', 'a', 't', 'c', 'h', '_', _])];
        return batches.Length == 0 && files.Any(f => Path.GetFileName(f) == "meta") ? [.. files.Where(f => Path.GetFileName(f) == "train")] : batches;
    }

    /// <summary>True for the first bytes of a pickle of a protocol that knows dictionaries.</summary>
    public static bool IsHead(ReadOnlySpan<byte> start) => start is [0x80, >= 2 and <= 5, ..];

    /// <summary>Opens batches.</summary>
    public static PackedImages Open(IReadOnlyList<string> paths)
    {
        int[] counts = [.. paths.Select(p => ReadBatch(p, (_, _, data) => data.Shape[0]))];
        var labels = ClassLabels.Read(
            collector =>
            {
                foreach (var (path, count) in paths.Zip(counts))
                {
                    ReadBatch(path, (_, batch, _) => ReadLabels(path, batch, count, collector));
                }
            },
            classes => Names(paths[0], classes));
        return new PackedImages(counts.Sum(), CifarImages.Side, CifarImages.Side, 3, labels.Names, () => paths.SelectMany(Read).Select((image, i) => (image, labels[i])))
        {
            LabelProblem = labels.Problem,
        };
    }

    private static IEnumerable<DecodedImage> Read(string path)
    {
        var pixels = ReadBatch(path, (file, _, data) => file.ReadBytes(data));
        for (var at = 0; at < pixels.Length; at += CifarImages.ImageBytes)
        {
            yield return CifarImages.Decode(pixels.AsSpan(at, CifarImages.ImageBytes));
        }
    }

    private static int ReadLabels(string path, PickleValue.Map batch, int count, LabelCollector collector)
    {
        switch (batch.Find("labels") ?? batch.Find("fine_labels"))
        {
            case null:
                collector.AddNone(count);
                break;
            case PickleValue.Sequence list when list.Items.Count == count && list.Items.All(l => l is PickleValue.Integer):
                foreach (var label in list.Items)
                {
                    collector.Add(((PickleValue.Integer)label).Value);
                }

                break;
            default:
                throw Bad(path, $"its labels are no list of {count} whole numbers, as many as there are images");
        }

        return count;
    }

    private static string[] Names(string path, int classes)
    {
        var folder = Path.GetDirectoryName(path) ?? string.Empty;
        if (new[] { "batches.meta", "meta" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists) is not { } file)
        {
            return EncodedImages.Numbers(classes);
        }

        return Guarded(file, () =>
        {
            using var meta = PickleFile.Open(file);
            var names = meta.Root is PickleValue.Map map && (map.Find("label_names") ?? map.Find("fine_label_names")) is PickleValue.Sequence list
                ? list.Items.Select(n => n.AsText()).ToArray()
                : [];
            return names.Length >= classes && !names.Contains(null) ? [.. names.Select(n => n!)] : EncodedImages.Numbers(classes);
        });
    }

    private static T ReadBatch<T>(string path, Func<PickleFile, PickleValue.Map, PickleValue.Tensor, T> read) => Guarded(path, () =>
    {
        using var file = PickleFile.Open(path);
        return file.Root is PickleValue.Map batch && batch.Find("data") is PickleValue.Tensor { Dtype: TensorDtype.U8, Shape: [> 0, CifarImages.ImageBytes] } data
            ? read(file, batch, data)
            : throw Bad(path, $"it holds no 'data' of uint8 [N, {CifarImages.ImageBytes}]");
    });

    /// <summary>A pickle that is refused is bad data here, not a bad model.</summary>
    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
        {
            throw new DiffusionException(ErrorKind.Data, e.Message.Contains(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}", e);
        }
    }

    private static DiffusionException Bad(string path, string what) => new(ErrorKind.Data, $"{path}: no batch of CIFAR's Python version: {what}");
}
