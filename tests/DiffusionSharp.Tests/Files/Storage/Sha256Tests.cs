using CsCheck;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class Sha256Tests
{
    // NIST's examples of FIPS 180-4 and CAVP's shortest messages.
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("D3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1")]
    [InlineData("616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "6162636462636465636465666465666765666768666768696768696A68696A6B696A6B6C6A6B6C6D6B6C6D6E6C6D6E6F6D6E6F706E6F7071",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Messages_of_the_standard(string message, string expected) => Assert.Equal(expected, Sha256.Compute(Convert.FromHexString(message)));

    [Fact]
    public void A_million_times_the_letter_a_as_a_stream() => Assert.Equal(
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Sha256.Compute(new MemoryStream([.. Enumerable.Repeat((byte)'a', 1_000_000)])));

    [Fact]
    public void Any_bytes_in_any_parts_give_what_the_system_says() =>
        Gen.Byte.Array[0, 300].SelectMany(bytes => Gen.Int[0, bytes.Length].Array[2].Select(cuts => (bytes, low: cuts.Min(), high: cuts.Max()))).Sample(
            sample =>
            {
                var hash = new Sha256();
                hash.Append(sample.bytes.AsSpan(..sample.low));
                hash.Append(sample.bytes.AsSpan(sample.low..sample.high));
                hash.Append(sample.bytes.AsSpan(sample.high..));
#pragma warning disable RS0030 // What ours is compared with.
                Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(sample.bytes)), hash.Finish());
#pragma warning restore RS0030
            },
            iter: 2000);
}
