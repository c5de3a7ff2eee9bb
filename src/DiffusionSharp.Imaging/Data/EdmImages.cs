using System.IO.Compression;
using System.Text.Json;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Images with <c>dataset.json</c> beside them, in a folder or a zip, as dataset_tool.py of StyleGAN and EDM (github.com/NVlabs/edm)
/// makes: <c>{"labels": [["00000/img00000000.png", 6], …]}</c>, or null without labels.
/// </summary>
internal static class EdmImages
{
    /// <summary>The file that says the labels.</summary>
    public const string LabelFile = "dataset.json";

    private const long MostBytes = 512L << 20;

    // Packed, a few bytes may claim to be any number of labels: a zip file's are bounded by what else is in it.
    private const long MostBytesOfLabel = 1 << 10;
    private const int MostClasses = 1_000_000;

    /// <summary>Opens a folder.</summary>
    public static EncodedImages OpenFolder(string path)
    {
        var file = Path.Combine(path, LabelFile);
        using var stream = File.OpenRead(file);
        return Labelled(FolderImages.Open(path), file, stream, stream.Length, MostBytes);
    }

    /// <summary>Opens a zip file.</summary>
    public static EncodedImages OpenZip(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        var entry = archive.GetEntry(LabelFile)!;
        using var stream = entry.Open();
        return Labelled(ArchiveImages.Open(path, "zip"), $"{path}: {LabelFile}", stream, entry.Length, (1L << 20) + (archive.Entries.Count * MostBytesOfLabel));
    }

    private static EncodedImages Labelled(EncodedImages images, string name, Stream stream, long length, long most)
    {
        if (length > Math.Min(most, MostBytes))
        {
            throw Bad(name, $"{length} bytes are more than the limit of {Math.Min(most, MostBytes)}");
        }

        try
        {
            using var json = JsonDocument.Parse(BoundedRead.All(stream, length), new JsonDocumentOptions { MaxDepth = 16 });
            if (!json.RootElement.TryGetProperty("labels", out var list))
            {
                // Somebody else's file of that name.
                return images;
            }

            // Without labels, folders are only there so that none holds too many files.
            return list.ValueKind == JsonValueKind.Null ? images with { ClassNames = [] } : Labelled(images, Labels(name, list));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException or ArgumentNullException)
        {
            throw new DiffusionException(ErrorKind.Data, $"{name}: it is not {{\"labels\": [[file, class], …]}}: {e.Message}", e);
        }
    }

    private static EncodedImages Labelled(EncodedImages images, Dictionary<string, int> labels) => images with
    {
        ClassNames = EncodedImages.Numbers(labels.Values.DefaultIfEmpty(-1).Max() + 1),
        Files = images.Files.Select(f => labels.TryGetValue(f.Name.Replace('\\', '/'), out var label)
            ? f with { Label = label }
            : f with { Held = 0, Bytes = () => throw new BadImageException($"{LabelFile} has no label for it") }),
    };

    private static Dictionary<string, int> Labels(string name, JsonElement list)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var pair in list.EnumerateArray())
        {
            var (file, label) = (pair[0].GetString()!, pair[1]);
            if (label.ValueKind != JsonValueKind.Number || !label.TryGetInt32(out var number) || number is < 0 or >= MostClasses)
            {
                throw Bad(name, $"the label of {file} is {label.GetRawText()[..Math.Min(40, label.GetRawText().Length)]}; a class from 0 on is expected");
            }

            labels[file] = number;
        }

        return labels;
    }

    private static DiffusionException Bad(string name, string what) => new(ErrorKind.Data, $"{name}: {what}");
}
