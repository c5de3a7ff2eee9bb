using System.IO.Compression;
using System.Text;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Data.Archives;

/// <summary>The files in a zip archive; symbolic links (<c>zip -y</c>) are entries whose content is where they lead.</summary>
internal static class ZipMembers
{
    private const int MostLinkBytes = 4096;

    /// <summary>Reads the directory in its order.</summary>
    public static IEnumerable<ArchiveMember> Read(string path)
    {
        using var archive = RegularFile.OpenZip(path);
        foreach (var entry in archive.Entries.Where(e => !e.FullName.EndsWith('/')))
        {
            // The upper half of the attributes is Unix' st_mode.
            var isLink = (uint)entry.ExternalAttributes >> 28 == 0xA;
            yield return new ArchiveMember(entry.FullName, entry.Length, entry.Open) { Target = isLink ? Target(entry) : null };
        }
    }

    private static string Target(ZipArchiveEntry entry)
    {
        try
        {
            using var stream = entry.Open();
            return entry.Length > MostLinkBytes ? string.Empty : ArchiveLinks.Follow(entry.FullName, Encoding.UTF8.GetString(BoundedRead.All(stream, entry.Length)));
        }
        catch (InvalidDataException)
        {
            return string.Empty;
        }
    }
}
