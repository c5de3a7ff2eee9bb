namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>Which parts of a file are in the archive; between them it is zeros (GNU tar's manual, "Storing Sparse Files").</summary>
/// <param name="Length">The file's length.</param>
/// <param name="Numbers">Offset and length of each part, one after the other.</param>
internal sealed record SparseMap(long Length, IReadOnlyList<long> Numbers)
{
    private const int MostParts = 100_000;
    private const int FieldBytes = 12;

    /// <summary>A file without holes.</summary>
    public static SparseMap Whole(long length) => new(length, [0, length]);

    /// <summary>The map of GNU's own format: four parts in the header (at 386), and 21 in each block that follows.</summary>
    public static SparseMap FromHeader(ReadOnlySpan<byte> header, TarTape tape)
    {
        var length = TarHeader.Number(header.Slice(483, FieldBytes));
        var numbers = new List<long>();
        Take(header.Slice(386, 4 * 2 * FieldBytes), numbers);
        var block = new byte[TarTape.BlockBytes];
        for (var more = header[482] != 0; more; more = block[504] != 0)
        {
            _ = tape.ReadBlock(block) ? 0 : throw new EndOfStreamException("it ends too early.");
            Take(block.AsSpan(0, 21 * 2 * FieldBytes), numbers);
        }

        return new SparseMap(length, numbers);
    }

    /// <summary>The map of the pax formats 0.0 and 0.1, which is among the records.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static SparseMap FromRecords(long length, PaxRecords records) =>
        new(length, records["GNU.sparse.map"] is { Length: > 0 } map ? [.. map.Split(',').Select(n => PaxRecords.Number(n))] : records.SparseNumbers);

    /// <summary>The map of the pax format 1.0, which precedes the data: decimal lines, the number of parts first, padded to a block.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static SparseMap FromData(long length, TarTape tape)
    {
        var block = new byte[TarTape.BlockBytes];
        var (at, digits) = (TarTape.BlockBytes, new List<char>());
        var count = Next();
        var numbers = new List<long>();
        for (var i = 0; i < 2 * (count <= MostParts ? count : throw Bad()); i++)
        {
            numbers.Add(Next());
        }

        return new SparseMap(length, numbers);

        long Next()
        {
            digits.Clear();
            for (; ; digits.Add((char)block[at++]))
            {
                if (at == block.Length)
                {
                    for (at = 0; at < block.Length;)
                    {
                        at += tape.Read(block.AsSpan(at)) is > 0 and var n ? n : throw Bad();
                    }

                    at = 0;
                }

                if (block[at] == '\n')
                {
                    at++;
                    return PaxRecords.Number(digits.Count < 20 ? [.. digits] : throw Bad());
                }
            }
        }
    }

    /// <summary>Checks that the parts follow each other within the file.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public SparseMap Checked()
    {
        var end = 0L;
        for (var i = 0; i + 1 < Numbers.Count; i += 2)
        {
            var (at, count) = (Numbers[i], Numbers[i + 1]);
            end = at >= end && count <= Length && at <= Length - count ? at + count : throw Bad();
        }

        return Numbers.Count % 2 == 0 ? this : throw Bad();
    }

    private static void Take(ReadOnlySpan<byte> fields, List<long> numbers)
    {
        // Of a longer map the rest is read and not kept; what is missing makes it a wrong one.
        for (; fields.Length > 0 && fields[FieldBytes] != 0 && numbers.Count <= 2 * MostParts; fields = fields[(2 * FieldBytes)..])
        {
            numbers.Add(TarHeader.Number(fields[..FieldBytes]));
            numbers.Add(TarHeader.Number(fields.Slice(FieldBytes, FieldBytes)));
        }
    }

    private static InvalidDataException Bad() => new("its map of a sparse file is malformed");
}
