using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>An image file that is still encoded.</summary>
/// <param name="Name">For messages and for <see cref="ClassName"/>; never used as a path.</param>
/// <param name="Held">Bytes that are in memory already; 0 where <paramref name="Bytes"/> reads a file.</param>
/// <param name="Bytes">Reads the file; throws <see cref="BadImageException"/> with the reason where it cannot. May run on any thread.</param>
internal sealed record RawImage(string Name, long Held, Func<byte[]> Bytes)
{
    /// <summary>Larger encoded files are refused.</summary>
    public const long MaxFileBytes = 64L << 20;

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

    /// <summary>True for names that end like images; hidden files and what macOS leaves in archives are none.</summary>
    public static bool IsImageName(string name)
    {
        var file = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return !file.StartsWith('.') && Path.GetExtension(file).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg" or ".webp" or ".gif" or ".bmp";
    }

    /// <summary>A file on disk, which is read when it is asked for.</summary>
    public static RawImage OfFile(string name, string path) => new(name, 0, () => Read(path));

    private static byte[] Read(string path)
    {
        try
        {
            // The length of what is opened: a link to a file has one of its own.
            using var file = RegularFile.OpenRead(path);
            if (file.Length > MaxFileBytes)
            {
                throw new BadImageException(FormattableString.Invariant($"{file.Length} bytes are more than the limit of {MaxFileBytes}"));
            }

            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadImageException($"the file cannot be read: {e.Message}", e);
        }
    }
}
