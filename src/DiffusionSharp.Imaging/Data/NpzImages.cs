using System.Runtime.InteropServices;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Images in an .npz file as guided-diffusion writes its samples: <c>arr_0</c> uint8 [N, H, W, C], and classes in <c>arr_1</c> [N] where there are any.</summary>
internal static class NpzImages
{
    private const string Pixels = "arr_0";
    private const string Labels = "arr_1";

    /// <summary>True for a zip file of arrays and no images.</summary>
    public static bool IsFile(DataFile file) => file.IsZip
        && file.Members.Any(m => m.EndsWith(".npy", StringComparison.Ordinal)) && !file.Members.Any(m => FileNames.IsImage(m) && !FileNames.IsHidden(m));

    /// <summary>Opens a file.</summary>
    public static PackedImages Open(string path)
    {
        using var file = NpzFile.Open(path);
        var (dtype, shape) = file.Describe(Pixels);
        if (dtype != TensorDtype.U8 || shape is not [> 0, > 0 and <= 8192, > 0 and <= 8192, 1 or 3])
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: {Pixels} is {dtype} [{string.Join(", ", shape)}]; images are U8 [N, H, W, C] with C = 1 or 3");
        }

        PackedImages.CheckCount(path, shape[0]);
        var labels = file.Names.Contains(Labels) ? ClassLabels.Read(labels => ReadLabels(path, file, shape[0], labels)) : ClassLabels.Absent;
        return new PackedImages(shape[0], shape[1], shape[2], shape[3], labels.Names, () => Read(path, shape[1], shape[2], labels)) { LabelProblem = labels.Problem };
    }

    private static IEnumerable<(DecodedImage Image, int Label)> Read(string path, int height, int width, ClassLabels labels)
    {
        using var file = NpzFile.Open(path);
        foreach (var (i, row) in file.ReadRows(Pixels).Index())
        {
            yield return (new DecodedImage("npz", height, width, Rgb(row.Bytes, height * width)), labels[i]);
        }
    }

    private static byte[] Rgb(ReadOnlyMemory<byte> bytes, int pixels)
    {
        if (bytes.Length == 3 * pixels)
        {
            return MemoryMarshal.TryGetArray(bytes, out var whole) && whole.Count == whole.Array!.Length ? whole.Array : bytes.ToArray();
        }

        var row = bytes.Span;
        var rgb = new byte[3 * pixels];
        for (var k = 0; k < rgb.Length; k++)
        {
            rgb[k] = row[k / 3];
        }

        return rgb;
    }

    private static void ReadLabels(string path, NpzFile file, int count, LabelCollector collector)
    {
        var (dtype, shape) = file.Describe(Labels);
        var whole = dtype is TensorDtype.I64 or TensorDtype.I32 or TensorDtype.I16 or TensorDtype.I8 or TensorDtype.U8;
        if (!whole || shape is not [var n] || n != count)
        {
            throw new DiffusionException(
                ErrorKind.Data, $"{path}: {Labels} is {dtype} [{string.Join(", ", shape)}]; {count} whole numbers are expected, as many as there are images");
        }

        foreach (var label in file.Read(Labels).To<long>())
        {
            collector.Add(label);
        }
    }
}
