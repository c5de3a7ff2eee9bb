using System.Formats.Tar;
using System.IO.Compression;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Packs files as .NET does.</summary>
internal static class Archive
{
    /// <summary>Packs a folder.</summary>
    /// <param name="kind">"zip", "tar" or "tar.gz".</param>
    public static void Pack(string kind, string folder, string path)
    {
        if (kind == "zip")
        {
            ZipFile.CreateFromDirectory(folder, path);
            return;
        }

        using var file = File.Create(path);
        using Stream stream = kind == "tar" ? file : new GZipStream(file, CompressionLevel.Fastest);
        TarFile.CreateFromDirectory(folder, stream, includeBaseDirectory: false);
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
