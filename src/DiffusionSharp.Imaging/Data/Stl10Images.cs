using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// STL-10's binary files (cs.stanford.edu/~acoates/stl10): 3×96×96 bytes an image, each plane column by column; labels 1 to 10 in
/// <c>train_y.bin</c> beside <c>train_X.bin</c>, their names in <c>class_names.txt</c>.
/// </summary>
internal static class Stl10Images
{
    private const int Side = 96;
    private const int Plane = Side * Side;
    private const int ImageBytes = 3 * Plane;
    private const string Ending = "_X.bin";

    /// <summary>True for a file of this name and of whole images.</summary>
    public static bool IsImages(string path) =>
        path.EndsWith(Ending, StringComparison.Ordinal) && RegularFile.Length(path) is > 0 and var length && length % ImageBytes == 0;

    /// <summary>The file to take of a folder: train_X.bin, which has labels, before unlabeled_X.bin and test_X.bin.</summary>
    public static string? FileOf(IEnumerable<string> files) =>
        files.Where(f => Path.GetFileName(f) is "train_X.bin" or "unlabeled_X.bin" or "test_X.bin")
            .OrderBy(f => Path.GetFileName(f) switch { "train_X.bin" => 0, "unlabeled_X.bin" => 1, _ => 2 }).FirstOrDefault();

    /// <summary>Opens a file.</summary>
    public static PackedImages Open(string path)
    {
        var length = RegularFile.Length(path);
        if (length == 0 || length % ImageBytes != 0)
        {
            throw new DiffusionException(ErrorKind.Data, FormattableString.Invariant($"{path}: {length} bytes are no whole number of STL-10 images of {ImageBytes} bytes; the file is truncated"));
        }

        var count = checked((int)(length / ImageBytes));
        var file = path[..^Ending.Length] + "_y.bin";
        var labels = File.Exists(file) ? ClassLabels.Read(labels => ReadLabels(path, file, count, labels), classes => Names(path, classes)) : ClassLabels.Absent;
        return new PackedImages(count, Side, Side, 3, labels.Names, () => Read(path, labels)) { LabelProblem = labels.Problem };
    }

    private static IEnumerable<(DecodedImage Image, int Label)> Read(string path, ClassLabels labels)
    {
        using var file = RegularFile.OpenRead(path);
        var columns = new byte[ImageBytes];
        for (var i = 0; file.ReadAtLeast(columns, ImageBytes, throwOnEndOfStream: false) == ImageBytes; i++)
        {
            var rgb = new byte[ImageBytes];
            for (var k = 0; k < ImageBytes; k++)
            {
                var (c, x, y) = (k / Plane, k / Side % Side, k % Side);
                rgb[(3 * ((y * Side) + x)) + c] = columns[k];
            }

            yield return (new DecodedImage("STL-10", Side, Side, rgb), labels[i]);
        }
    }

    private static void ReadLabels(string path, string file, int count, LabelCollector collector)
    {
        var length = RegularFile.Length(file);
        if (length != count)
        {
            throw new DiffusionException(ErrorKind.Data, $"{file}: {length} labels found, {count} expected: as many as there are images in {Path.GetFileName(path)}");
        }

        foreach (var label in RegularFile.ReadAllBytes(file))
        {
            collector.Add(label > 0 ? label - 1 : throw new DiffusionException(ErrorKind.Data, $"{file}: a label is 0; STL-10's count from 1"));
        }
    }

    private static string[] Names(string path, int classes)
    {
        var file = Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, "class_names.txt");
        string[] names = File.Exists(file) && RegularFile.Length(file) < 1 << 16 ? [.. RegularFile.ReadAllLines(file).Select(l => l.Trim()).Where(l => l.Length > 0)] : [];
        return names.Length >= classes ? names : EncodedImages.Numbers(classes);
    }
}
