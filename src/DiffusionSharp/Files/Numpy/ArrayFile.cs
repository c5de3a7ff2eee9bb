using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>One array in a file: an .npy file, or an array of an .npz file, <c>x.npz</c> where it holds one and <c>x.npz:name</c> among several.</summary>
public static class ArrayFile
{
    private const string Packed = ".npz";

    /// <summary>Reads an array; which kind of file it is, its content says.</summary>
    /// <param name="path">The file; of an .npz, with <c>:name</c> where there are several.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file or array, malformed, or several arrays and none named.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var (archive, name) = Split(path);
        if (name is null)
        {
            return IsZip(path) ? Only(path) : NpyFile.Read(path);
        }

        using var file = NpzFile.Open(archive);
        return file.Read(name);
    }

    /// <summary>The file and the array that a text names: <c>x.npz:name</c> is the array <c>name</c> of <c>x.npz</c>; a file of just that name goes first.</summary>
    /// <param name="path">What <see cref="Read"/> takes.</param>
    public static (string File, string? Array) Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var colon = path.LastIndexOf(Packed + ":", StringComparison.OrdinalIgnoreCase) + Packed.Length;
        return colon < Packed.Length || File.Exists(path) ? (path, null) : (path[..colon], path[(colon + 1)..]);
    }

    /// <summary>Writes an array: as an .npz with the name <c>arr_0</c> where the path ends so, else as .npy.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensor">The array.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public static void Write(string path, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensor);
        using var file = ArrayWriter.Create(path, TensorDtype.F32, tensor.Shape);
        file.Write<float>(tensor.Data);
        file.Commit();
    }

    /// <summary>Whether a path is one of an .npz.</summary>
    internal static bool IsPacked(string path) => path.EndsWith(Packed, StringComparison.OrdinalIgnoreCase);

    private static NpyArray Only(string path)
    {
        using var file = NpzFile.Open(path);
        return file.Names.Count == 1 ? file.Read(file.Names[0]) : throw NpyFile.Bad(
            path,
            file.Names.Count == 0 ? "it holds no array" : $"it holds several arrays ({Printable.Sanitize(string.Join(", ", file.Names))}); name one: {path}:{Printable.Sanitize(file.Names[0])}");
    }

    private static bool IsZip(string path)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            Span<byte> magic = stackalloc byte[4];
            return file.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic is [0x50, 0x4B, 3 or 5, 4 or 6];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever opens it says why.
            return false;
        }
    }
}
