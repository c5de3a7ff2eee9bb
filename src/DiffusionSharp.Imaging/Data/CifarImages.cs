using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>CIFAR-10's binary batches (cs.toronto.edu/~kriz/cifar.html): records of one label and 3×32×32 bytes.</summary>
internal static class CifarImages
{
    /// <summary>Rows and columns.</summary>
    public const int Side = 32;

    private const int Plane = Side * Side;

    /// <summary>Bytes of an image, plane by plane.</summary>
    public const int ImageBytes = 3 * Plane;

    /// <summary>Bytes of a record.</summary>
    public const int RecordBytes = 1 + ImageBytes;

    private static readonly string[] Names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>The batches among the files of a folder.</summary>
    public static string[] BatchesOf(IEnumerable<string> files) =>
        [.. files.Where(f => Path.GetFileName(f) is ['d', 'a', 't', 'a', '_', 'b', 'a', 't', 'c', 'h', '_', _, '.', 'b', 'i', 'n'])];

    /// <summary>True for a file of whole records that begins with a label; its size is all that tells it, so a name that says STL-10 comes first.</summary>
    public static bool IsFile(DataFile file) =>
        !file.IsGzip && file.Length % RecordBytes == 0 && file.Head[0] < Names.Length && !Stl10Images.IsImages(file.Path);

    /// <summary>Opens batches.</summary>
    public static PackedImages Open(IReadOnlyList<string> paths)
    {
        var counts = paths.Select(Count).ToArray();
        return new PackedImages(counts.Sum(), Side, Side, 3, Names, () => paths.SelectMany(Read));
    }

    private static int Count(string path)
    {
        var length = RegularFile.Length(path);
        return length > 0 && length % RecordBytes == 0
            ? checked((int)(length / RecordBytes))
            : throw new DiffusionException(ErrorKind.Data, FormattableString.Invariant($"{path}: {length} bytes are no whole number of CIFAR-10 records of {RecordBytes} bytes; the file is truncated or of another kind"));
    }

    private static IEnumerable<(DecodedImage Image, int Label)> Read(string path)
    {
        using var file = RegularFile.OpenRead(path);
        var record = new byte[RecordBytes];
        for (var i = 0; file.ReadAtLeast(record, RecordBytes, throwOnEndOfStream: false) == RecordBytes; i++)
        {
            if (record[0] >= Names.Length)
            {
                throw new DiffusionException(ErrorKind.Data, FormattableString.Invariant($"{path}: record {i} has the label {record[0]}, 0 to 9 expected; is this CIFAR-10's binary version?"));
            }

            yield return (Decode(record.AsSpan(1)), record[0]);
        }
    }

    /// <summary>An image of its planes.</summary>
    public static DecodedImage Decode(ReadOnlySpan<byte> planes)
    {
        var rgb = new byte[ImageBytes];
        for (var k = 0; k < Plane; k++)
        {
            rgb[3 * k] = planes[k];
            rgb[(3 * k) + 1] = planes[Plane + k];
            rgb[(3 * k) + 2] = planes[Plane + Plane + k];
        }

        return new DecodedImage("CIFAR-10", Side, Side, rgb);
    }
}
