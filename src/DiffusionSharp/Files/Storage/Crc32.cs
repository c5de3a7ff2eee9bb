using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Files.Storage;

/// <summary>The checksum of zip and PNG files: CRC-32 with the polynomial 0xEDB88320 (ISO 3309), sixteen bytes at a time by tables.</summary>
public static class Crc32
{
    private const int Slices = 16;
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="before">The checksum of what came before them; 0 at the beginning.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint before = 0)
    {
        var crc = ~before;
        ref var table = ref MemoryMarshal.GetArrayDataReference(Tables);
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            // Byte k of the sixteen is followed by 15 - k others: its table is that of 15 - k zero bytes.
            var a = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            var c = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            var d = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
            crc = Four(ref table, a, 12) ^ Four(ref table, b, 8) ^ Four(ref table, c, 4) ^ Four(ref table, d, 0);
        }

        foreach (var b in bytes)
        {
            crc = Tables[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return ~crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Four(ref uint table, uint word, int after) =>
        Unsafe.Add(ref table, ((after + 3) << 8) + (byte)word)
        ^ Unsafe.Add(ref table, ((after + 2) << 8) + (byte)(word >> 8))
        ^ Unsafe.Add(ref table, ((after + 1) << 8) + (byte)(word >> 16))
        ^ Unsafe.Add(ref table, (after << 8) + (int)(word >> 24));

    // Table s at entry n: the checksum of byte n followed by s zero bytes.
    private static uint[] MakeTables()
    {
        var tables = new uint[Slices * 256];
        for (var n = 0u; n < 256; n++)
        {
            var crc = n;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }

            tables[n] = crc;
        }

        for (var i = 256; i < tables.Length; i++)
        {
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        }

        return tables;
    }
}
