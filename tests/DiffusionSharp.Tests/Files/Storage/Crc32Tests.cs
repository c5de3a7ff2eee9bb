using CsCheck;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class Crc32Tests
{
    [Fact]
    public void The_checksum_is_that_of_zip_and_PNG()
    {
        // The check value of CRC-32/ISO-HDLC, and what zlib's crc32 gives.
        Assert.Equal(0xCBF43926, Crc32.Compute("123456789"u8));
        Assert.Equal(0x414FA339u, Crc32.Compute("The quick brown fox jumps over the lazy dog"u8));
        Assert.Equal(0u, Crc32.Compute([]));
    }

    [Fact]
    public void Any_bytes_in_any_parts_give_what_the_polynomial_says() =>
        Gen.Byte.Array[0, 200].SelectMany(bytes => Gen.Int[0, bytes.Length].Select(cut => (bytes, cut))).Sample(
            sample => Assert.Equal(BitByBit(sample.bytes), Crc32.Compute(sample.bytes.AsSpan(sample.cut), Crc32.Compute(sample.bytes.AsSpan(..sample.cut)))),
            iter: 500);

    private static uint BitByBit(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }
}
