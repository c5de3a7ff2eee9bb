using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data.Archives;

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

    /// <summary>Opens a folder.</summary>
    public static EncodedImages OpenFolder(string path)
    {
        var file = Path.Combine(path, LabelFile);
        return Labelled(FolderImages.Open(path), file, MostBytes, () =>
        {
            var stream = RegularFile.OpenRead(file);
            return (stream, stream.Length);
        });
    }

    /// <summary>Opens a zip file.</summary>
    public static EncodedImages OpenZip(string path)
    {
        using var archive = RegularFile.OpenZip(path);
        var entry = archive.GetEntry(LabelFile)!;
        var most = Math.Min(MostBytes, (1L << 20) + (archive.Entries.Count * MostBytesOfLabel));
        return Labelled(ArchiveImages.Open(path, "zip"), $"{path}: {LabelFile}", most, () => (entry.Open(), entry.Length));
    }

    private static EncodedImages Labelled(EncodedImages images, string name, long most, Func<(Stream Stream, long Length)> open)
    {
        var (ours, places) = (true, new Dictionary<string, int>(StringComparer.Ordinal));
        var labels = ClassLabels.Read(collector =>
        {
            var (stream, length) = open();
            using var opened = stream;
            if (length > most)
            {
                throw Bad(name, $"{length} bytes are more than the limit of {most}");
            }

            try
            {
                using var json = JsonDocument.Parse(BoundedRead.All(stream, length), new JsonDocumentOptions { MaxDepth = 16 });
                ours = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("labels", out _);
                if (ours && json.RootElement.GetProperty("labels") is { ValueKind: not JsonValueKind.Null } list)
                {
                    Read(name, list, collector, places);
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException or ArgumentNullException)
            {
                throw Bad(name, $"it is not {{\"labels\": [[file, class], …]}}: {e.Message}", e);
            }
        });

        // Of somebody else's file of that name the folders are classes; in one of ours they are only there so that none holds too many files.
        return !ours ? images : images with
        {
            ClassNames = labels.Names,
            LabelProblem = labels.Problem,
            Files = images.Files.Select(f => f with { Label = places.TryGetValue(f.Name.Replace('\\', '/'), out var place) ? labels[place] : ClassLabels.None }),
        };
    }

    private static void Read(string name, JsonElement list, LabelCollector collector, Dictionary<string, int> places)
    {
        foreach (var (place, pair) in list.EnumerateArray().Index())
        {
            var (file, label) = (pair[0].GetString()!, pair[1]);
            switch (label.ValueKind)
            {
                case JsonValueKind.Null:
                    collector.AddNone(1);
                    break;
                case JsonValueKind.String:
                    collector.Add(label.GetString());
                    break;
                case JsonValueKind.Number when label.TryGetInt64(out var number):
                    collector.Add(number);
                    break;
                default:
                    var text = label.GetRawText();
                    throw Bad(name, $"the label of {file} is {text[..Math.Min(40, text.Length)]}; the number or the name of one class is expected");
            }

            places[file] = place;
        }
    }

    private static DiffusionException Bad(string name, string what, Exception? inner = null) => new(ErrorKind.Data, $"{name}: {what}", inner);
}
