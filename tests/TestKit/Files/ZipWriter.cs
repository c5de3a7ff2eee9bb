using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files.Storage;

namespace TestKit.Files;

/// <summary>Writes zip archives byte by byte, as torch.save's are or wrong in any field.</summary>
public sealed class ZipWriter
{
    /// <summary>A file of the archive; what is null is as it should be.</summary>
    public sealed record Entry(string Name, byte[] Data)
    {
        public string? LocalName { get; init; }

        public ushort Method { get; init; }

        public ushort? LocalMethod { get; init; }

        public ushort Flags { get; init; } = 0x808;

        public ushort? LocalFlags { get; init; }

        public uint? Crc { get; init; }

        public uint? LocalCrc { get; init; }

        public long? Size { get; init; }

        public uint? PackedSize { get; init; }

        public uint? LocalSize { get; init; }

        public long? Offset { get; init; }

        public byte[] Extra { get; init; } = [];

        public byte[] Comment { get; init; } = [];

        public ushort? ExtraLength { get; init; }
    }

    public List<Entry> Entries { get; init; } = [];

    public bool Zip64 { get; init; } = true;

    public int? Count { get; init; }

    public long? DirectorySize { get; init; }

    public long? DirectoryOffset { get; init; }

    public long? Count64 { get; init; }

    public long? DirectoryOffset64 { get; init; }

    public long? LocatorOffset { get; init; }

    public byte[] Tail { get; init; } = [];

    public ushort CommentLength { get; init; }

    public ZipWriter With(params Entry[] more) => new() { Entries = [.. Entries, .. more], Zip64 = Zip64 };

    /// <summary>The archive, each file's bytes at a multiple of 64.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        var offsets = new List<long>();
        foreach (var e in Entries)
        {
            offsets.Add(bytes.Count);
            Local(bytes, e);
        }

        var start = bytes.Count;
        for (var i = 0; i < Entries.Count; i++)
        {
            Central(bytes, Entries[i], offsets[i]);
        }

        var (end, size) = (bytes.Count, bytes.Count - start);
        if (Zip64)
        {
            bytes.AddRange([.. "PK\u0006\u0006"u8, .. N(44, 8), .. N(0x032D001E, 4), .. N(0, 8), .. N(Count64 ?? Entries.Count, 8), .. N(Count64 ?? Entries.Count, 8)]);
            bytes.AddRange([.. N(size, 8), .. N(DirectoryOffset64 ?? start, 8), .. "PK\u0006\u0007"u8, .. N(0, 4), .. N(LocatorOffset ?? end, 8), .. N(1, 4)]);
        }

        var count = Count ?? Entries.Count;
        bytes.AddRange([.. "PK\u0005\u0006"u8, .. N(0, 4), .. N(count, 2), .. N(count, 2), .. N(DirectorySize ?? size, 4), .. N(DirectoryOffset ?? start, 4), .. N(CommentLength, 2), .. Tail]);
        return [.. bytes];
    }

    private static void Local(List<byte> bytes, Entry e)
    {
        var name = Encoding.UTF8.GetBytes(e.LocalName ?? e.Name);
        var follow = (e.Flags & 8) != 0;
        var padding = 63 - ((bytes.Count + 30 + name.Length + 4 + 63) % 64);
        bytes.AddRange([.. "PK\u0003\u0004"u8, .. N(0, 2), .. N(e.LocalFlags ?? e.Flags, 2), .. N(e.LocalMethod ?? e.Method, 2), .. N(0, 4)]);
        bytes.AddRange([.. N(e.LocalCrc ?? (follow ? 0 : Crc(e)), 4), .. N(e.LocalSize ?? (follow ? 0 : (uint)e.Data.Length), 4), .. N(e.LocalSize ?? (follow ? 0 : (uint)e.Data.Length), 4)]);
        bytes.AddRange([.. N(name.Length, 2), .. N(padding + 4, 2), .. name, .. "FB"u8, .. N(padding, 2), .. new byte[padding], .. e.Data]);
        if (follow)
        {
            bytes.AddRange([.. "PK\u0007\u0008"u8, .. N(Crc(e), 4), .. N(e.Data.Length, 4), .. N(e.Data.Length, 4)]);
        }
    }

    private static void Central(List<byte> bytes, Entry e, long offset)
    {
        var name = Encoding.UTF8.GetBytes(e.Name);
        bytes.AddRange([.. "PK\u0001\u0002"u8, .. N(0, 4), .. N(e.Flags, 2), .. N(e.Method, 2), .. N(0, 4), .. N(Crc(e), 4)]);
        bytes.AddRange([.. N(e.PackedSize ?? e.Size ?? e.Data.Length, 4), .. N(e.Size ?? e.Data.Length, 4), .. N(name.Length, 2), .. N(e.ExtraLength ?? e.Extra.Length, 2)]);
        bytes.AddRange([.. N(e.Comment.Length, 2), .. N(0, 8), .. N(e.Offset ?? offset, 4), .. name, .. e.Extra, .. e.Comment]);
    }

    private static uint Crc(Entry e) => e.Crc ?? Crc32.Compute(e.Data);

    public static byte[] N(long value, int width)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes[..width];
    }
}
