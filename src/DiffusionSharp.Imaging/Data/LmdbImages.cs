using System.Text;
using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>LSUN's databases (github.com/fyu/lsun): keys, and JPEG or WebP files as values.</summary>
internal static class LmdbImages
{
    /// <summary>Opens a database; the folder may be read-only, and no lock is taken.</summary>
    public static EncodedImages Open(string path)
    {
        using var file = LmdbFile.Open(path);
        return new EncodedImages(Read(path), file.Count, []);
    }

    private static IEnumerable<RawImage> Read(string path)
    {
        using var file = LmdbFile.Open(path);
        foreach (var (key, value) in file.Records(BoundedRead.MaxFileBytes))
        {
            yield return value is null
                ? RawImage.Unusable(Name(key), $"it is larger than the limit of {BoundedRead.MaxFileBytes} bytes")
                : new RawImage(Name(key), value.Length, () => value);
        }
    }

    private static string Name(byte[] key) => key.All(b => b is > 32 and < 127) ? Encoding.ASCII.GetString(key) : Convert.ToHexStringLower(key);
}
