using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// The table of a zip archive (PKWARE's APPNOTE 6.3) whose files are all stored and not compressed. What the central directory and the
/// headers before the files say must be the same, and no two files may overlap.
/// </summary>
internal static class ZipTable
{
    private const int EndSize = 22;
    private const int End64Size = 56;
    private const int LocatorSize = 20;
    private const int CentralSize = 46;
    private const int LocalSize = 30;
    private const int MaxName = 512;

    // Bit 3: sizes follow the data; bit 11: names are UTF-8. Others mean encryption or patches.
    private const int SizesFollow = 1 << 3;
    private const int AllowedFlags = SizesFollow | (1 << 11);

    /// <summary>Reads and checks it, in the order of the central directory.</summary>
    public static ZipEntry[] Read(FileBytes file, ReadBudget budget)
    {
        var (count, start, end) = Directory(file);
        budget.ChargeArray(count, 48);
        var entries = new ZipEntry[count];
        var cursor = new ByteCursor(file, start, end);
        Span<byte> name = stackalloc byte[MaxName];
        for (var i = 0; i < count; i++)
        {
            entries[i] = Central(file, cursor, budget, name, start);
        }

        if (cursor.Remaining != 0)
        {
            throw Bad(file, $"{cursor.Remaining} bytes of its directory belong to no entry");
        }

        CheckOverlaps(file, entries);
        return entries;
    }

    private static (int Count, long Start, long End) Directory(FileBytes file)
    {
        Span<byte> tail = stackalloc byte[EndSize + LocatorSize];
        var length = (int)Math.Min(tail.Length, file.Length);
        tail = tail[..length];
        if (length < EndSize || !file.TryRead(tail, file.Length - length) || U32(tail[^EndSize..]) != 0x06054B50)
        {
            throw Bad(file, "it does not end with the directory of a zip archive (cut off, or something was added to it?)");
        }

        var end = tail[^EndSize..];
        var at = file.Length - EndSize;
        var (disk, count, size, start) = (U32(end[4..]), (ulong)U16(end[10..]), (ulong)U32(end[12..]), (ulong)U32(end[16..]));
        if (U16(end[8..]) != count || disk != 0 || U16(end[20..]) != 0)
        {
            throw Bad(file, "the end of its zip archive speaks of several parts or a comment");
        }

        if (length == tail.Length && length > EndSize && U32(tail) == 0x07064B50)
        {
            (count, size, start, at) = Zip64(file, tail, count, size, start);
        }

        if (start > (ulong)at || size != (ulong)at - start || count > size / CentralSize)
        {
            throw Bad(file, $"its zip directory of {count} entries would have {size} bytes from byte {start} on, which does not fit before byte {at}");
        }

        return ((int)count, (long)start, at);
    }

    private static (ulong Count, ulong Size, ulong Start, long At) Zip64(FileBytes file, ReadOnlySpan<byte> locator, ulong count, ulong size, ulong start)
    {
        Span<byte> record = stackalloc byte[End64Size];
        var at = file.Length - EndSize - LocatorSize - End64Size;
        if (at < 0 || U64(locator[8..]) != (ulong)at || U32(locator[4..]) != 0 || U32(locator[16..]) > 1 || !file.TryRead(record, at)
            || U32(record) != 0x06064B50 || U64(record[4..]) != End64Size - 12 || U64(record[16..]) != 0)
        {
            throw Bad(file, "the 64-bit end of its zip archive is not where or what it should be");
        }

        var (count64, size64, start64) = (U64(record[32..]), U64(record[40..]), U64(record[48..]));
        return U64(record[24..]) == count64 && Agrees(count, count64, ushort.MaxValue) && Agrees(size, size64, uint.MaxValue) && Agrees(start, start64, uint.MaxValue)
            ? (count64, size64, start64, at)
            : throw Bad(file, "the 64-bit end of its zip archive says other than the 32-bit one");
    }

    // A field that is too small for its value has all bits set.
    private static bool Agrees(ulong narrow, ulong wide, ulong all) => narrow == wide || (narrow == all && wide >= all);

    private static ZipEntry Central(FileBytes file, ByteCursor cursor, ReadBudget budget, Span<byte> nameBuffer, long directory)
    {
        var fixedPart = cursor.Read(CentralSize);
        if (U32(fixedPart) != 0x02014B50)
        {
            throw Bad(file, "its zip directory has something else where an entry should be");
        }

        var (flags, method, crc) = (U16(fixedPart[8..]), U16(fixedPart[10..]), U32(fixedPart[16..]));
        var (packed, size, header) = ((ulong)U32(fixedPart[20..]), (ulong)U32(fixedPart[24..]), (ulong)U32(fixedPart[42..]));
        var (nameLength, extraLength, commentLength, disk) = (U16(fixedPart[28..]), U16(fixedPart[30..]), U16(fixedPart[32..]), U16(fixedPart[34..]));
        if (nameLength is 0 or > MaxName)
        {
            throw Bad(file, $"its zip archive has a name of {nameLength} bytes (1 to {MaxName} are accepted)");
        }

        var name = nameBuffer[..nameLength];
        cursor.Read(nameLength).CopyTo(name);
        budget.ChargeText(nameLength);
        var text = Name(file, name);
        (size, packed, header) = Extra64(file, text, cursor.Read(extraLength), size, packed, header);
        cursor.Skip(commentLength);
        if ((flags & ~AllowedFlags) != 0 || disk is not (0 or ushort.MaxValue))
        {
            throw Bad(file, $"'{text}' in its zip archive is encrypted or in another part");
        }

        if (method != 0 || packed != size)
        {
            throw ModelFileError.Refused(
                file.Path, $"'{text}' in its zip archive is compressed (method {method}), which torch.save never does; load it in Python and save it again with torch.save");
        }

        if (directory < LocalSize || header > (ulong)(directory - LocalSize) || size > (ulong)directory - header)
        {
            throw Bad(file, $"'{text}' in its zip archive would have {size} bytes behind byte {header}, but its directory begins at {directory}");
        }

        return new ZipEntry(text, (long)header, Local(file, text, name, (long)header, flags, size, crc, directory), (long)size, crc);
    }

    private static string Name(FileBytes file, ReadOnlySpan<byte> name)
    {
        // No path is ever made of it; but a name that only makes sense as one is no checkpoint's.
        if (name.IndexOfAnyInRange((byte)0, (byte)31) >= 0 || name.Contains((byte)'\\') || name[0] == (byte)'/' || name.IndexOf("../"u8) >= 0 || name.IndexOfAnyInRange((byte)127, (byte)255) >= 0 && !System.Text.Unicode.Utf8.IsValid(name))
        {
            throw Bad(file, $"its zip archive has the name '{Printable.Sanitize(Encoding.Latin1.GetString(name))}', which torch.save does not write");
        }

        return Encoding.UTF8.GetString(name);
    }

    private static (ulong Size, ulong Packed, ulong Header) Extra64(FileBytes file, string name, ReadOnlySpan<byte> extra, ulong size, ulong packed, ulong header)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (U16(extra), U16(extra[2..]));
            if (length > extra.Length - 4)
            {
                break;
            }

            if (id == 1)
            {
                var fields = extra.Slice(4, length);
                Widen(file, name, ref fields, ref size);
                Widen(file, name, ref fields, ref packed);
                Widen(file, name, ref fields, ref header);
            }

            extra = extra[(4 + length)..];
        }

        return extra.IsEmpty ? (size, packed, header) : throw Bad(file, $"'{name}' in its zip archive has extra fields that end too early");
    }

    private static void Widen(FileBytes file, string name, ref ReadOnlySpan<byte> fields, ref ulong value)
    {
        if (value != uint.MaxValue)
        {
            return;
        }

        if (fields.Length < 8)
        {
            throw Bad(file, $"'{name}' in its zip archive lacks its 64-bit sizes");
        }

        value = U64(fields);
        fields = fields[8..];
    }

    private static long Local(FileBytes file, string text, ReadOnlySpan<byte> name, long header, int flags, ulong size, uint crc, long directory)
    {
        Span<byte> local = stackalloc byte[LocalSize + MaxName];
        local = local[..(LocalSize + name.Length)];
        if (!file.TryRead(local, header) || U32(local) != 0x04034B50)
        {
            throw Bad(file, $"'{text}' in its zip archive has no header at byte {header}");
        }

        var (localCrc, localPacked, localSize) = (U32(local[14..]), U32(local[18..]), U32(local[22..]));
        var follow = (flags & SizesFollow) != 0;
        bool Same(ulong found, ulong central) => found == central || found == uint.MaxValue || (follow && found == 0);
        if (U16(local[6..]) != flags || U16(local[8..]) != 0 || U16(local[26..]) != name.Length || !local[LocalSize..].SequenceEqual(name)
            || !(localCrc == crc || (follow && localCrc == 0)) || !Same(localPacked, size) || !Same(localSize, size))
        {
            throw Bad(file, $"the header of '{text}' in its zip archive says other than the directory at its end");
        }

        var start = header + local.Length + U16(local[28..]);
        return start <= directory && size <= (ulong)(directory - start)
            ? start
            : throw Bad(file, $"'{text}' in its zip archive would have {size} bytes from byte {start} on, but its directory begins at {directory}");
    }

    private static void CheckOverlaps(FileBytes file, ZipEntry[] entries)
    {
        var order = new int[entries.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        order.AsSpan().Sort((a, b) => entries[a].Header.CompareTo(entries[b].Header));
        for (var i = 1; i < order.Length; i++)
        {
            var (before, entry) = (entries[order[i - 1]], entries[order[i]]);
            if (before.Start + before.Length > entry.Header)
            {
                throw Bad(file, $"'{before.Name}' and '{entry.Name}' in its zip archive overlap");
            }
        }
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private static DiffusionException Bad(FileBytes file, string reason) => ModelFileError.Malformed(file.Path, reason);
}
