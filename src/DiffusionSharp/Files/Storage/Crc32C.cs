using System.Buffers.Binary;
using System.Numerics;

namespace DiffusionSharp.Files.Storage;

/// <summary>The checksum of TensorFlow's record files: CRC-32C, Castagnoli's polynomial 0x82F63B78 (RFC 3720, appendix B.4).</summary>
internal static class Crc32C
{
    // By this a checksum that lies among checksummed data is told from one of it.
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>The checksum of some bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    /// <summary>The checksum as it is stored: rotated right by 15 bits, plus a constant.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Compute(bytes), 15) + MaskDelta;
}
