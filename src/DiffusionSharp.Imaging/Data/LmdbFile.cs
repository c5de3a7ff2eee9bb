using System.Buffers.Binary;
using DiffusionSharp.Files.Storage;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Reads the records of an LMDB 0.9 database in the order of their keys: the two meta pages, then the B+ tree of the newest one
/// (lmdb.tech/doc, lmdb's mdb.c; 64-bit layout, little-endian). Nothing is mapped, locked or written, and every page number, offset
/// and size is checked, so a damaged file is an error and no crash.
/// </summary>
internal sealed class LmdbFile : IDisposable
{
    private const int PageHeader = 16;
    private const int NodeHeader = 8;
    private const ushort Branch = 1;
    private const ushort Leaf = 2;
    private const ushort Overflow = 4;
    private const ushort BigData = 1;
    private readonly string path;
    private readonly SafeFileHandle handle;
    private readonly long length;
    private readonly int pageSize;
    private readonly Meta meta;
    private readonly long pages;

    private LmdbFile(string path, SafeFileHandle handle)
    {
        (this.path, this.handle, length) = (path, handle, RandomAccess.GetLength(handle));
        var first = ReadMeta(0);
        pageSize = first.PageSize;
        var second = ReadMeta(pageSize);
        meta = second.Transaction > first.Transaction ? second : first;

        // Pages at the end that are free need not be in the file.
        pages = Math.Min(meta.LastPage + 1, (length + pageSize - 1) / pageSize);
    }

    /// <summary>How many records there are.</summary>
    public long Count => meta.Entries;

    /// <summary>Opens a database.</summary>
    /// <param name="path">The file, usually <c>data.mdb</c>.</param>
    public static LmdbFile Open(string path)
    {
        var handle = RegularFile.OpenHandle(path);
        try
        {
            return new LmdbFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the records.</summary>
    /// <param name="most">Larger values are not read, but null.</param>
    public IEnumerable<(byte[] Key, byte[]? Value)> Records(long most)
    {
        var found = 0L;
        var used = 0L;
        var stack = new Stack<(byte[] Page, int Next)>();
        if (meta.Entries > 0)
        {
            stack.Push((ReadTreePage(meta.Root, 1), 0));
        }

        while (stack.TryPop(out var place))
        {
            var (page, next) = place;
            if (next == Nodes(page))
            {
                continue;
            }

            var node = Node(page, next);
            stack.Push((page, next + 1));
            if (Flags(page) == Branch)
            {
                Use(pageSize);
                var child = BinaryPrimitives.ReadUInt32LittleEndian(node.Span) | ((long)BinaryPrimitives.ReadUInt16LittleEndian(node.Span[4..]) << 32);
                stack.Push((ReadTreePage(child, stack.Count + 1), 0));
                continue;
            }

            if (++found > meta.Entries)
            {
                throw Bad($"it holds more records than the {meta.Entries} its head promises");
            }

            var record = Record(node, most);
            Use(NodeHeader + record.Key.Length + record.Size);
            yield return (record.Key, record.Value);
        }

        if (found < meta.Entries)
        {
            throw Bad($"it holds {found} records, its head promises {meta.Entries}");
        }

        // No two places share a page or a record: all pages together are no larger than the file, and neither are all records.
        void Use(long bytes)
        {
            used += bytes;
            if (used > 2 * length)
            {
                throw Bad("its pages lead in circles, or its records share their places");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private (byte[] Key, byte[]? Value, long Size) Record(ReadOnlyMemory<byte> node, long most)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(node.Span);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(node.Span[4..]);
        int keySize = BinaryPrimitives.ReadUInt16LittleEndian(node.Span[6..]), start = NodeHeader + keySize;
        if ((flags & ~BigData) != 0)
        {
            throw Bad("it holds databases or several values to a key; one database of images is expected");
        }

        var inline = flags == BigData ? sizeof(long) : size;
        if (start + inline > node.Length)
        {
            throw Bad("a record reaches beyond its page");
        }

        var key = node.Span[NodeHeader..start].ToArray();
        if (flags != BigData)
        {
            return (key, node.Span.Slice(start, (int)size).ToArray(), size);
        }

        var number = BinaryPrimitives.ReadInt64LittleEndian(node.Span[start..]);
        var header = ReadPage(number, PageHeader);
        if (Flags(header) != Overflow || size > (long)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)) * pageSize - PageHeader || (number * pageSize) + PageHeader + size > length)
        {
            throw Bad("a record is larger than the pages it lies in");
        }

        if (size > most)
        {
            return (key, null, size);
        }

        var value = new byte[size];
        Read(value, (number * pageSize) + PageHeader);
        return (key, value, size);
    }

    private byte[] ReadTreePage(long number, int depth)
    {
        var page = ReadPage(number, pageSize);
        var expected = depth < meta.Depth ? Branch : Leaf;
        return depth <= meta.Depth && Flags(page) == expected && Nodes(page) >= 0 && Nodes(page) <= (pageSize - PageHeader) / 2
            ? page
            : throw Bad(FormattableString.Invariant($"page {number} is not the {(expected == Leaf ? "leaf" : "branch")} it should be; the file is damaged, or of a kind that is not supported"));
    }

    private byte[] ReadPage(long number, int bytes)
    {
        if (number < 2 || number >= pages)
        {
            throw Bad(FormattableString.Invariant($"it refers to page {number} and has {pages}; it is damaged or truncated"));
        }

        var page = new byte[bytes];
        Read(page, number * pageSize);
        return page;
    }

    private static ushort Flags(byte[] page) => BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(10));

    private static int Nodes(byte[] page) => (BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(12)) - PageHeader) / 2;

    private ReadOnlyMemory<byte> Node(byte[] page, int index)
    {
        var at = BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(PageHeader + (2 * index)));
        return at >= PageHeader && at <= page.Length - NodeHeader ? page.AsMemory(at) : throw Bad("a record lies outside its page");
    }

    private Meta ReadMeta(long offset)
    {
        if (length < offset + Meta.Bytes)
        {
            throw Bad("it is truncated");
        }

        var page = new byte[Meta.Bytes];
        Read(page, offset);
        return Meta.Parse(page) ?? throw Bad("it has no head of LMDB's version 1 (LMDB 0.9, 64 bits), as LSUN's databases have");
    }

    private void Read(Span<byte> bytes, long offset)
    {
        for (; !bytes.IsEmpty;)
        {
            var n = RandomAccess.Read(handle, bytes, offset);
            if (n == 0)
            {
                throw Bad("it ends too early");
            }

            bytes = bytes[n..];
            offset += n;
        }
    }

    private DiffusionException Bad(string what) => new(ErrorKind.Data, $"{path}: the LMDB file cannot be read: {what}");

    /// <summary>What a meta page says of the main database.</summary>
    private sealed record Meta(int PageSize, int Depth, long Entries, long Root, long LastPage, long Transaction)
    {
        public const int Bytes = 152;

        public static Meta? Parse(ReadOnlySpan<byte> page)
        {
            var meta = new Meta(
                BinaryPrimitives.ReadInt32LittleEndian(page[40..]),
                BinaryPrimitives.ReadUInt16LittleEndian(page[94..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[120..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[128..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[136..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[144..]));
            return IsHead(page) && meta.PageSize is >= 512 and <= 32768 && int.IsPow2(meta.PageSize) && meta.Entries >= 0 && meta.Depth <= 32 && meta.LastPage is >= 1 and < long.MaxValue ? meta : null;
        }
    }

    /// <summary>True for the first bytes of a database of version 1.</summary>
    public static bool IsHead(ReadOnlySpan<byte> start) =>
        start.Length >= 24 && (BinaryPrimitives.ReadUInt16LittleEndian(start[10..]) & 8) != 0 && start[16..24] is [0xDE, 0xC0, 0xEF, 0xBE, 1, 0, 0, 0];
}
