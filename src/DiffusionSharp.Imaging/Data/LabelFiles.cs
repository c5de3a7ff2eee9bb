using System.Globalization;
using System.Text;
using System.Text.Json;
using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Labels in files beside images: <c>metadata.jsonl</c> of Hugging Face's imagefolder (huggingface.co/docs/datasets/image_dataset), and what
/// WebDataset (github.com/webdataset/webdataset) has for an image a/b.jpg, a class a/b.cls, else an object a/b.json with a <c>label</c>.
/// </summary>
/// <param name="mostOfFile">Bytes of one metadata.jsonl at most.</param>
/// <param name="mostInAll">Bytes of all files together at most.</param>
internal sealed class LabelFiles(long mostOfFile, long mostInAll)
{
    private const string Metadata = "metadata.jsonl";
    private const int MostOfClass = 1 << 10;
    private const int MostOfObject = 1 << 20;

    // What is kept of names, in characters: millions of usual length.
    private const long MostKept = 256 << 20;
    private const int Overhead = 64;
    private readonly Dictionary<string, ImageLabel> byFile = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ImageLabel Label, string? Problem, bool IsClass)> byKey = new(StringComparer.Ordinal);
    private string? problem;
    private long read;
    private long kept;

    /// <summary>True for the names of files that hold labels and are not hidden.</summary>
    public static bool Wants(string name) => !FileNames.IsHidden(name) && (Path.GetFileName(name) == Metadata || Extension(name) is "cls" or "json");

    /// <summary>Reads a file of labels. What is wrong with it is a problem of the labels, and none of the images.</summary>
    /// <param name="name">Its name below the root of the data, with slashes.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="promised">The bytes that it promises; null takes the stream's.</param>
    public void Add(string name, Func<Stream> open, long? promised = null)
    {
        var whole = Path.GetFileName(name) == Metadata;
        try
        {
            var most = whole ? mostOfFile : Extension(name) == "cls" ? MostOfClass : MostOfObject;
            using var stream = open();
            var length = promised ?? stream.Length;
            Require(length <= most, $"{length} bytes are more than the limit of {most}");
            Require((read += length) <= mostInAll, $"the files of labels hold more than {mostInAll} bytes");
            var bytes = BoundedRead.All(stream, length);
            if (whole)
            {
                MetadataLines.Read(bytes, name[..^Metadata.Length], Keep);
            }
            else if (Extension(name) == "cls")
            {
                Keep(name, Class(bytes), null);
            }
            else if (Object(bytes) is { } label)
            {
                Keep(name, label, null);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidDataException or UnauthorizedAccessException or (IOException and not EndOfStreamException))
        {
            if (whole)
            {
                problem ??= $"{name}: {e.Message}";
            }
            else
            {
                Keep(name, default, $"{name}: {e.Message}");
            }
        }
    }

    /// <summary>The classes of images.</summary>
    /// <param name="images">Their names.</param>
    public ClassLabels Read(IReadOnlyList<string> images)
    {
        if (problem is not null)
        {
            return new ClassLabels([], [], problem);
        }

        var labels = ClassLabels.Read(collector =>
        {
            foreach (var image in images)
            {
                var name = ArchiveLinks.Normal(image.Replace('\\', '/'));
                var beside = byKey.GetValueOrDefault(Key(name));
                var label = byFile.TryGetValue(name, out var listed) ? listed
                    : beside.Problem is { } wrong ? throw new DiffusionException(ErrorKind.Data, wrong) : beside.Label;
                label.AddTo(collector);
            }
        });
        return labels.Names.Count == 0 && labels.Problem is null && byFile.Count + byKey.Count > 0 ? labels with { Problem = ClassLabels.NoneFits } : labels;
    }

    private void Keep(string file, ImageLabel label)
    {
        if (HasRoom(file, label.Name) && !byFile.TryAdd(file, label) && byFile[file] != label)
        {
            throw new FormatException("it is listed twice, with different labels");
        }
    }

    // A class of its own is more than what an object says beside other things.
    private void Keep(string name, ImageLabel label, string? wrong)
    {
        var (key, isClass) = (Key(ArchiveLinks.Normal(name)), Extension(name) == "cls");
        if ((!byKey.TryGetValue(key, out var known) || isClass || !known.IsClass) && HasRoom(key, label.Name ?? wrong))
        {
            byKey[key] = (label, wrong, isClass);
        }
    }

    private bool HasRoom(string key, string? text)
    {
        kept += Overhead + key.Length + (text?.Length ?? 0);
        problem ??= kept > MostKept ? "there are more of them than can be kept in mind" : null;
        return kept <= MostKept;
    }

    private static ImageLabel Class(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes).Trim();
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? new ImageLabel(number, null)
            : new ImageLabel(null, text);
    }

    private static ImageLabel? Object(byte[] bytes)
    {
        using var json = JsonDocument.Parse(bytes);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("label", out var label) ? ImageLabel.FromJson(label) : null;
    }

    /// <summary>WebDataset's: what is before the first dot of a file's name is the sample, what comes after it the part.</summary>
    private static string Key(string name) => Dot(name) is >= 0 and var dot ? name[..dot] : name;

    private static string Extension(string name) => Dot(name) is >= 0 and var dot ? name[(dot + 1)..].ToLowerInvariant() : "";

    private static int Dot(string name) => name.IndexOf('.', name.LastIndexOf('/') + 1);

    private static void Require(bool right, FormattableString wrong)
    {
        if (!right)
        {
            throw new InvalidDataException(FormattableString.Invariant(wrong));
        }
    }
}
