using System.Buffers.Binary;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// The MNIST family's IDX files (yann.lecun.com/exdb/mnist): big-endian header (0, 0, type 8, dimensions), then bytes;
/// labels come from the file beside it whose name says "labels" and "idx1". Either may be packed with gzip.
/// </summary>
internal static class IdxImages
{
    /// <summary>The file of images in a folder, that of the training set first; null where there is none.</summary>
    public static string? FileOf(IEnumerable<string> files) =>
        files.Where(IsImagesName).OrderByDescending(f => Path.GetFileName(f).StartsWith("train", StringComparison.Ordinal)).FirstOrDefault();

    /// <summary>True for the first bytes of a file of images.</summary>
    /// <exception cref="DiffusionException">It holds labels (<see cref="ErrorKind.Data"/>).</exception>
    public static bool IsFile(DataFile file) => file.Head switch
    {
        [0, 0, 8, 3, ..] => true,
        [0, 0, 8, 1, ..] => throw Error(file.Path, "this IDX file holds labels; give the file of images beside it"),
        _ => false,
    };

    // Such as train-images-idx3-ubyte.gz.
    private static bool IsImagesName(string path) => Path.GetFileName(path) is var name
        && name.Contains("images", StringComparison.Ordinal) && (name.Contains("idx3", StringComparison.Ordinal) || name.EndsWith(".idx", StringComparison.Ordinal));

    /// <summary>Opens a file of images and finds its labels.</summary>
    public static PackedImages Open(string path)
    {
        var (count, height, width) = Header(path);
        PackedImages.CheckCount(path, count);
        var labels = LabelsBeside(path) is { } file ? ClassLabels.Read(labels => ReadLabels(path, file, count, labels)) : ClassLabels.Absent;
        return new PackedImages(count, height, width, 1, labels.Names, Images) { LabelProblem = labels.Problem };

        IEnumerable<(DecodedImage, int)> Images()
        {
            using var stream = DataFile.OpenUnpacked(path);
            Skip(stream, 16);
            var grey = new byte[height * width];
            for (var i = 0; i < count; i++)
            {
                var n = stream.ReadAtLeast(grey, grey.Length, throwOnEndOfStream: false);
                if (n < grey.Length)
                {
                    throw Error(path, $"the file is truncated: its header promises {count} images, {i} are there");
                }

                var rgb = new byte[3 * grey.Length];
                for (var k = 0; k < rgb.Length; k++)
                {
                    rgb[k] = grey[k / 3];
                }

                yield return (new DecodedImage("IDX", height, width, rgb), labels[i]);
            }

            if (stream.ReadByte() >= 0)
            {
                throw Error(path, $"there is more in the file than the {count} images of its header");
            }
        }
    }

    /// <summary>The file of labels that belongs to a file of images, or null.</summary>
    public static string? LabelsBeside(string path)
    {
        var name = Path.GetFileName(path).Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal);
        var plain = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        string[] names = [name, plain, plain + ".gz"];
        return names.Where(n => !string.Equals(n, Path.GetFileName(path), StringComparison.Ordinal))
            .Select(n => Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, n)).FirstOrDefault(File.Exists);
    }

    private static (int Count, int Height, int Width) Header(string path)
    {
        using var stream = DataFile.OpenUnpacked(path);
        Span<byte> header = stackalloc byte[16];
        if (stream.ReadAtLeast(header, 16, throwOnEndOfStream: false) < 16 || header[..4] is not [0, 0, 8, 3])
        {
            throw Error(path, "no IDX file of images: the header 00 00 08 03 and three sizes expected");
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(header[4..]), height = BinaryPrimitives.ReadInt32BigEndian(header[8..]), width = BinaryPrimitives.ReadInt32BigEndian(header[12..]);
        return count > 0 && height is > 0 and <= 8192 && width is > 0 and <= 8192
            ? (count, height, width)
            : throw Error(path, $"the header promises {count} images of {height}×{width}; at least one of 1×1 to 8192×8192 expected");
    }

    private static void ReadLabels(string path, string file, int count, LabelCollector collector)
    {
        using var stream = DataFile.OpenUnpacked(file);
        Span<byte> header = stackalloc byte[8];
        if (stream.ReadAtLeast(header, 8, throwOnEndOfStream: false) < 8 || header[..4] is not [0, 0, 8, 1])
        {
            throw Error(file, "no IDX file of labels: the header 00 00 08 01 expected");
        }

        var promised = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        if (promised != count)
        {
            throw Error(file, $"{promised} labels found, {count} expected: as many as there are images in {Path.GetFileName(path)}");
        }

        // Neither a header alone nor a packed file may make us allocate more than there are labels for images.
        using var labels = new MemoryStream();
        var buffer = new byte[81920];
        int n;
        while (labels.Length <= count && (n = stream.Read(buffer)) > 0)
        {
            labels.Write(buffer, 0, (int)Math.Min(n, count + 1 - labels.Length));
        }

        if (labels.Length != count)
        {
            throw Error(file, $"{(labels.Length > count ? "more" : labels.Length)} labels found, its header promises {count}");
        }

        foreach (var label in labels.ToArray())
        {
            collector.Add(label);
        }
    }

    private static void Skip(Stream stream, int bytes)
    {
        Span<byte> skipped = stackalloc byte[bytes];
        stream.ReadExactly(skipped);
    }

    private static DiffusionException Error(string path, string what) => new(ErrorKind.Data, $"{path}: {what}");
}
