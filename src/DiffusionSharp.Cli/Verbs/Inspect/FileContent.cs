using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>Tells by content what a file is, and by its name only where that says nothing.</summary>
internal static class FileContent
{
    private static readonly string[] Checkpoints = [".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".onnx", ".index.json"];

    public enum Kind
    {
        Tensors,
        Npy,
        Npz,
        Picture,
        Data,
    }

    /// <summary>The kind of a file.</summary>
    /// <param name="path">A file that is there.</param>
    public static Kind Detect(string path)
    {
        Span<byte> head = stackalloc byte[16];
        try
        {
            using var file = RegularFile.OpenRead(path);
            head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: cannot be read: {e.Message}", e);
        }

        return head switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => IsCheckpointName(path) ? Kind.Tensors : Kind.Picture,
            [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => Kind.Npy,
            [(byte)'P', (byte)'K', ..] => Zip(path),
            [_, _, _, _, _, _, 0, 0, (byte)'{', ..] => Kind.Tensors,
            [0x80, 2, 0x8A, 10, ..] => Kind.Tensors,
            _ => ByName(path),
        };
    }

    private static Kind Zip(string path)
    {
        try
        {
            using var archive = RegularFile.OpenZip(path);
            return archive.Entries.Any(e => e.FullName == "data.pkl" || e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal) || e.FullName.EndsWith("/constants.pkl", StringComparison.Ordinal)) ? Kind.Tensors
                : archive.Entries.Any(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)) ? Kind.Npz
                : ByName(path);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // Whoever reads it says why.
            return ByName(path);
        }
    }

    private static Kind ByName(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => Kind.Npy,
        ".npz" => Kind.Npz,
        ".png" or ".apng" => Kind.Picture,
        ".bin" when DataSets.IsDataSet(path) => Kind.Data,
        _ => IsCheckpointName(path) ? Kind.Tensors : Kind.Data,
    };

    private static bool IsCheckpointName(string path) => Checkpoints.Any(c => path.EndsWith(c, StringComparison.OrdinalIgnoreCase));
}
