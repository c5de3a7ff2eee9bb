using System.IO.Compression;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>
/// The files and links of a tar archive: ustar, GNU's (long names, sparse files) and pax (with GNU's sparse formats 0.0, 0.1 and 1.0).
/// System.Formats.Tar ends with an error at the first sparse file of GNU's, and takes those of pax for files named after a process.
/// </summary>
internal static class TarMembers
{
    private const int MostName = 4096;
    private const int MostRecordBytes = 4 << 20;

    /// <summary>Reads an archive from its beginning.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="compressed">True for a tar.gz.</param>
    /// <exception cref="InvalidDataException">While reading: it is damaged.</exception>
    /// <exception cref="EndOfStreamException">While reading: it is truncated.</exception>
    public static IEnumerable<ArchiveMember> Read(string path, bool compressed)
    {
        using var file = RegularFile.OpenRead(path);
        using Stream stream = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        foreach (var member in Read(new TarTape(stream)))
        {
            yield return member;
        }
    }

    private static IEnumerable<ArchiveMember> Read(TarTape tape)
    {
        var block = new byte[TarTape.BlockBytes];
        var (pax, name, link, begun) = (new PaxRecords(), default(string), default(string), false);
        while (tape.ReadBlock(block) && TarHeader.Parse(block) is { } header)
        {
            tape.Begin(header.Bytes);
            begun = header.Type is 'L' or 'K' or 'x';
            switch (header.Type)
            {
                case 'L':
                    name = TarHeader.Text(tape.ReadText(MostName + 1));
                    break;
                case 'K':
                    link = TarHeader.Text(tape.ReadText(MostName + 1));
                    break;
                case 'x':
                    pax = PaxRecords.Parse(tape.ReadText(MostRecordBytes));
                    break;
                default:
                    // GNU's map comes between the header and the data.
                    var map = header.Type == 'S' ? SparseMap.FromHeader(block, tape) : null;
                    var bytes = header.IsLink ? 0 : pax.Number("size") ?? header.Bytes;
                    tape.Begin(bytes);
                    header = header with
                    {
                        Bytes = bytes,
                        Name = pax["GNU.sparse.name"] ?? pax["path"] ?? name ?? header.Name,
                        Link = pax["linkpath"] ?? link ?? header.Link,
                    };
                    if (Member(tape, header, pax, map) is { } member)
                    {
                        yield return Math.Max(member.Name.Length, member.Target?.Length ?? 0) <= MostName
                            ? member
                            : throw new InvalidDataException($"the name of a file is longer than {MostName} characters.");
                    }

                    (pax, name, link) = (new PaxRecords(), null, null);
                    break;
            }

            tape.End();
        }

        if (begun)
        {
            throw new EndOfStreamException("it ends too early.");
        }
    }

    private static ArchiveMember? Member(TarTape tape, TarHeader header, PaxRecords pax, SparseMap? map) => header.Type switch
    {
        '1' => new ArchiveMember(header.Name, 0, () => Stream.Null) { Target = ArchiveLinks.Normal(header.Link) },
        '2' => new ArchiveMember(header.Name, 0, () => Stream.Null) { Target = ArchiveLinks.Follow(header.Name, header.Link) },
        'S' => Member(tape, header.Name, map!.Length, () => map),
        '0' or '7' when pax.Number("GNU.sparse.realsize") is { } length => Member(tape, header.Name, length, () => SparseMap.FromData(length, tape)),
        '0' or '7' when pax.Number("GNU.sparse.size") is { } length => Member(tape, header.Name, length, () => SparseMap.FromRecords(length, pax)),
        '0' or '7' or '\0' when !header.Name.EndsWith('/') => Member(tape, header.Name, header.Bytes, () => SparseMap.Whole(header.Bytes)),
        _ => null,
    };

    private static ArchiveMember Member(TarTape tape, string name, long length, Func<SparseMap> map) =>
        new(name, length, () => new TarData(tape, map().Checked()));
}
