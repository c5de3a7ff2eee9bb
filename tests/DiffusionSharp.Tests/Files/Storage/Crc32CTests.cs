using System.Text;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class Crc32CTests
{
    public static TheoryData<byte[], uint> Vectors => new()
    {
        // RFC 3720, appendix B.4, and the usual check value.
        { new byte[32], 0x8A9136AA },
        { [.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43 },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46DD794E },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))], 0x113FDB5C },
        { Encoding.ASCII.GetBytes("123456789"), 0xE3069283 },
        { [], 0 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Known_bytes_have_their_known_checksums(byte[] bytes, uint expected) => Assert.Equal(expected, Crc32C.Compute(bytes));
}
