using System.Formats.Tar;
using System.IO.Compression;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// The images in a zip, tar or tar.gz file, read one after the other into memory; nothing is unpacked to disk and names are
/// only labels. What an archive may expand to is bounded per file and in all.
/// </summary>
internal static class ArchiveImages
{
    /// <summary>Deflate cannot expand more than 1032 times: what does is made of overlapping entries.</summary>
    private const long MaxExpansion = 1100;

    /// <summary>Reads the images in the order of the archive.</summary>
    /// <exception cref="DiffusionException">The archive itself is broken (<see cref="ErrorKind.Data"/>).</exception>
    public static IEnumerable<RawImage> Read(string path, string kind)
    {
        var budget = MaxExpansion * Math.Max(RegularFile.Length(path), 1 << 20);
        using var images = (kind == "zip" ? ReadZip(path) : ReadTar(path, kind == "tar.gz")).GetEnumerator();
        while (true)
        {
            RawImage image;
            try
            {
                if (!images.MoveNext())
                {
                    yield break;
                }

                image = images.Current.Image;
                budget -= images.Current.Size;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or FormatException or UnauthorizedAccessException)
            {
                throw new DiffusionException(ErrorKind.Data, $"{path}: the {kind} archive is damaged or truncated: {e.Message} Make it again.", e);
            }

            if (budget < 0)
            {
                throw new DiffusionException(ErrorKind.Data, $"{path}: the {kind} archive expands to more than {MaxExpansion} times its size; this is no honest archive");
            }

            yield return image;
        }
    }

    private static IEnumerable<(RawImage Image, long Size)> ReadZip(string path)
    {
        using var archive = RegularFile.OpenZip(path);
        foreach (var entry in archive.Entries.Where(e => RawImage.IsImageName(e.FullName)))
        {
            yield return Load(entry.FullName, entry.Length, entry.Open);
        }
    }

    private static IEnumerable<(RawImage Image, long Size)> ReadTar(string path, bool compressed)
    {
        using var file = RegularFile.OpenRead(path);
        using Stream stream = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && RawImage.IsImageName(entry.Name))
            {
                yield return Load(entry.Name, entry.Length, () => entry.DataStream ?? Stream.Null);
            }
        }
    }

    /// <summary>Reads an entry: never more than declared, and no more is allocated than has come.</summary>
    /// <exception cref="InvalidDataException">There is more.</exception>
    public static byte[] ReadAll(Stream stream, long declared)
    {
        using var bytes = new MemoryStream((int)Math.Min(declared, 1 << 20));
        var buffer = new byte[81920];
        int n;
        while ((n = stream.Read(buffer)) > 0)
        {
            if (bytes.Length + n > declared)
            {
                throw new InvalidDataException("it is longer than the archive's directory says");
            }

            bytes.Write(buffer.AsSpan(0, n));
        }

        return bytes.ToArray();
    }

    private static (RawImage Image, long Size) Load(string name, long declared, Func<Stream> open)
    {
        if (declared > RawImage.MaxFileBytes)
        {
            var reason = FormattableString.Invariant($"{declared} bytes are more than the limit of {RawImage.MaxFileBytes}");
            return (new RawImage(name, 0, () => throw new BadImageException(reason)), 0);
        }

        try
        {
            using var stream = open();
            var content = ReadAll(stream, declared);
            return (new RawImage(name, content.Length, () => content), content.Length);
        }
        catch (InvalidDataException e)
        {
            return (new RawImage(name, 0, () => throw new BadImageException($"the archive's entry is damaged: {e.Message}", e)), declared);
        }
    }
}
