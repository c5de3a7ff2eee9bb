using System.IO.Compression;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>A file that may be a data set, as far as its format has to be known.</summary>
internal sealed class DataFile
{
    private const int HeadLength = 512;
    private readonly Lazy<HashSet<string>> members;

    private DataFile(string path, long length, byte[] head, bool isGzip)
    {
        (Path, Length, Head, IsGzip) = (path, length, head, isGzip);
        members = new Lazy<HashSet<string>>(() => ReadMembers(path));
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its bytes, packed as it lies.</summary>
    public long Length { get; }

    /// <summary>Its first bytes, unpacked when it is gzip.</summary>
    public byte[] Head { get; }

    /// <summary>Whether it is packed with gzip.</summary>
    public bool IsGzip { get; }

    /// <summary>Whether it is a zip file.</summary>
    public bool IsZip => !IsGzip && Head is [0x50, 0x4B, 0x03, 0x04, ..] or [0x50, 0x4B, 0x05, 0x06, ..];

    /// <summary>Whether it is a tar file, packed or not.</summary>
    public bool IsTar => Head.Length > 262 && Head.AsSpan(257, 5).SequenceEqual("ustar"u8);

    /// <summary>The names of what a zip file holds; none where it is damaged, which whoever reads it says.</summary>
    public IReadOnlySet<string> Members => members.Value;

    /// <summary>Looks at a file.</summary>
    /// <exception cref="DiffusionException">It is empty, or damaged gzip (<see cref="ErrorKind.Data"/>).</exception>
    public static DataFile Open(string path)
    {
        var length = RegularFile.Length(path);
        if (length == 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: the file is empty (zero bytes)");
        }

        try
        {
            using var stream = OpenUnpacked(path);
            var head = new byte[HeadLength];
            Array.Resize(ref head, stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false));
            return new DataFile(path, length, head, stream is GZipStream);
        }
        catch (InvalidDataException e)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: the gzip file is damaged: {e.Message}", e);
        }
    }

    /// <summary>A file's bytes, unpacked when it is gzip.</summary>
    public static Stream OpenUnpacked(string path)
    {
        var file = RegularFile.OpenRead(path);
        Span<byte> magic = stackalloc byte[2];
        var gzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
        file.Position = 0;
        return gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static HashSet<string> ReadMembers(string path)
    {
        try
        {
            using var archive = RegularFile.OpenZip(path);
            return [.. archive.Entries.Select(e => e.FullName)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }
}
