using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// Marks one entry of an ELF file's list of needed symbol versions (SHT_GNU_verneed) as weak, so that the loader
/// accepts a library that lacks it. Only for a version that one named, never relocated symbol asks for.
/// 64-bit little-endian files; every read is bounded.
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint DynSym = 11, VerNeed = 0x6ffffffe, VerSym = 0x6fffffff;
    private const ushort Weak = 2;

    private readonly record struct Section(uint Type, int Offset, int Size, int Link, int Info);

    /// <summary>Sets VER_FLG_WEAK on the single entry for <paramref name="version"/>.</summary>
    /// <param name="image">The whole file; two bytes of it change.</param>
    /// <param name="version">The version, such as GLIBCXX_3.4.32.</param>
    /// <param name="onlySymbol">The only symbol that may ask for this version.</param>
    /// <exception cref="InvalidDataException">Not such an ELF file, or the entry is not there exactly once, or other symbols need it.</exception>
    public static void MakeWeak(Span<byte> image, string version, string onlySymbol)
    {
        var sections = ReadSections(image);
        var (flags, index) = FindNeed(image, sections, version);
        foreach (var symbol in SymbolsOfVersion(image, sections, index))
        {
            if (!string.Equals(symbol, onlySymbol, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"symbol {symbol} needs {version} too");
            }
        }

        var bits = U16(image, flags);
        BinaryPrimitives.WriteUInt16LittleEndian(image[flags..], (ushort)(bits | Weak));
    }

    private static List<Section> ReadSections(ReadOnlySpan<byte> image)
    {
        if (image.Length < 64 || !image[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        }

        var (table, entrySize, count) = (Offset(image, 0x28), U16(image, 0x3a), U16(image, 0x3c));
        if (entrySize != 64 || count == 0)
        {
            throw new InvalidDataException($"section table of {count} entries of {entrySize} bytes; expected some of 64");
        }

        var sections = new List<Section>(count);
        for (var i = 0; i < count; i++)
        {
            var header = Slice(image, table + ((long)i * 64), 64);
            var type = U32(header, 4);
            var used = type is DynSym or VerNeed or VerSym or 3;
            sections.Add(used
                ? new Section(type, Offset(header, 0x18), Offset(header, 0x20), Int(U32(header, 0x28)), Int(U32(header, 0x2c)))
                : new Section(type, 0, 0, 0, 0));
            _ = Slice(image, sections[i].Offset, sections[i].Size);
        }

        return sections;
    }

    private static (int Flags, int Index) FindNeed(ReadOnlySpan<byte> image, List<Section> sections, string version)
    {
        var need = Single(sections, VerNeed);
        var strings = Strings(image, sections, need.Link);
        var body = Slice(image, need.Offset, need.Size);
        (int Flags, int Index)? found = null;
        long file = 0;
        for (var i = 0; i < need.Info; i++)
        {
            var entry = Slice(body, file, 16);
            var aux = file + U32(entry, 8);
            for (var k = U16(entry, 2); k > 0; k--)
            {
                var vernaux = Slice(body, aux, 16);
                if (Is(strings, U32(vernaux, 8), version))
                {
                    found = found is null
                        ? (need.Offset + (int)aux + 4, U16(vernaux, 6))
                        : throw new InvalidDataException($"{version} is needed from more than one library");
                }

                aux += Step(U32(vernaux, 12), last: k == 1);
            }

            file += Step(U32(entry, 12), last: i == need.Info - 1);
        }

        return found ?? throw new InvalidDataException($"no need of {version}");
    }

    private static List<string> SymbolsOfVersion(ReadOnlySpan<byte> image, List<Section> sections, int index)
    {
        var symbols = Single(sections, DynSym);
        var strings = Strings(image, sections, symbols.Link);
        var versions = Single(sections, VerSym);
        var names = new List<string>();
        for (var i = 0; i < versions.Size / 2; i++)
        {
            if ((U16(image, versions.Offset + (2 * i)) & 0x7fff) == index)
            {
                if (i >= symbols.Size / 24)
                {
                    throw new InvalidDataException("more symbol versions than symbols");
                }

                names.Add(Name(strings, U32(image, symbols.Offset + (24 * i))));
            }
        }

        return names;
    }

    private static Section Single(List<Section> sections, uint type)
    {
        var found = sections.FindAll(s => s.Type == type);
        return found.Count == 1 ? found[0] : throw new InvalidDataException($"{found.Count} sections of type 0x{type:x}; expected one");
    }

    private static ReadOnlySpan<byte> Strings(ReadOnlySpan<byte> image, List<Section> sections, int index) =>
        index >= 0 && index < sections.Count && sections[index].Type == 3
            ? Slice(image, sections[index].Offset, sections[index].Size)
            : throw new InvalidDataException($"section {index} is no string table");

    private static string Name(ReadOnlySpan<byte> strings, uint at)
    {
        var rest = Slice(strings, at, strings.Length - (long)at);
        var end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw new InvalidDataException("unterminated name");
    }

    private static bool Is(ReadOnlySpan<byte> strings, uint at, string text) => string.Equals(Name(strings, at), text, StringComparison.Ordinal);

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, long offset, long length) =>
        offset >= 0 && length >= 0 && offset <= bytes.Length - length
            ? bytes.Slice((int)offset, (int)length)
            : throw new InvalidDataException($"bytes {offset} to {offset + length} lie outside the {bytes.Length} that are there");

    private static ushort U16(ReadOnlySpan<byte> bytes, long at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(bytes, at, 2));

    private static uint U32(ReadOnlySpan<byte> bytes, long at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(bytes, at, 4));

    private static int Offset(ReadOnlySpan<byte> bytes, long at) => Int(BinaryPrimitives.ReadUInt64LittleEndian(Slice(bytes, at, 8)));

    private static int Int(ulong value) => value <= int.MaxValue ? (int)value : throw new InvalidDataException($"0x{value:x} is out of range");

    // Entries are chained by their distance. One of less than an entry's size would make a loop.
    private static uint Step(uint next, bool last) => last || next >= 16 ? next : throw new InvalidDataException("a list of versions does not advance");
}
