using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>An image file that is still encoded.</summary>
/// <param name="Name">For messages and for <see cref="ClassName"/>; never used as a path.</param>
/// <param name="Held">Bytes that are in memory already; 0 where <paramref name="Bytes"/> reads a file.</param>
/// <param name="Bytes">Reads the file; throws <see cref="BadImageException"/> with the reason where it cannot. May run on any thread.</param>
internal sealed record RawImage(string Name, long Held, Func<byte[]> Bytes)
{
    /// <summary>The class, where the data set counts them (<see cref="EncodedImages.ClassNames"/>).</summary>
    public int Label { get; init; }

    /// <summary>The name of the folder the file lies in; null directly below the root.</summary>
    public string? ClassName
    {
        get
        {
            var parts = Name.Split('/', '\\');
            return parts.Length >= 2 && parts[^2].Length > 0 && parts[^2] is not ("." or "..") ? parts[^2] : null;
        }
    }

    /// <summary>A file on disk, which is read when it is asked for.</summary>
    public static RawImage FromFile(string name, string path) => new(name, 0, () => Read(path));

    /// <summary>A file that cannot be used, for a reason that is known before it is decoded.</summary>
    public static RawImage Unusable(string name, string reason) => new(name, 0, () => throw new BadImageException(reason));

    private static byte[] Read(string path)
    {
        try
        {
            // The length of what is opened: a link to a file has one of its own.
            using var file = RegularFile.OpenRead(path);
            return BoundedRead.Picture(file, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new BadImageException($"the file cannot be read: {e.Message}", e);
        }
    }
}
