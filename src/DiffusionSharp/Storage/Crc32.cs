using System.Buffers.Binary;

namespace DiffusionSharp.Storage;

/// <summary>CRC-32 as zip and PNG use it (polynomial 0xEDB88320), eight bytes at a time.</summary>
internal struct Crc32
{
    private static readonly uint[][] Tables = MakeTables();
    private uint state;

    /// <summary>The checksum of everything appended.</summary>
    public readonly uint Value => state;

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = ~state;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Tables[7][(byte)low] ^ Tables[6][(byte)(low >> 8)] ^ Tables[5][(byte)(low >> 16)] ^ Tables[4][low >> 24]
                ^ Tables[3][(byte)high] ^ Tables[2][(byte)(high >> 8)] ^ Tables[1][(byte)(high >> 16)] ^ Tables[0][high >> 24];
        }

        foreach (var b in bytes)
        {
            crc = Tables[0][(byte)(crc ^ b)] ^ (crc >> 8);
        }

        state = ~crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var k = 0; k < 8; k++)
        {
            tables[k] = new uint[256];
            for (var n = 0u; n < 256; n++)
            {
                var c = k == 0 ? n : tables[k - 1][n];
                for (var bit = 0; bit < 8; bit++)
                {
                    c = (c & 1) == 0 ? c >> 1 : 0xEDB88320 ^ (c >> 1);
                }

                tables[k][n] = c;
            }
        }

        return tables;
    }
}
