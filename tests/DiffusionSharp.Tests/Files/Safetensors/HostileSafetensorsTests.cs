using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Safetensors;

/// <summary>Files from strangers: every one is refused by the one exception type, and the message names the file and the reason.</summary>
public class HostileSafetensorsTests
{
    public static TheoryData<string, string, int, string> BadHeaders => new()
    {
        { "not an object", "[]", 0, "'{'" },
        { "leading space", " {}", 0, "'{'" },
        { "not JSON", "{hello}", 0, "not valid JSON" },
        { "unfinished", "{\"a\":{\"dtype\":\"F32\"", 0, "not valid JSON" },
        { "text after the object", "{} x", 0, "not valid JSON" },
        { "two objects", "{}{}", 0, "not valid JSON" },
        { "deep nesting", "{\"a\":" + new string('[', 100_000), 0, "expected an object" },
        { "deep shape", Entry("F32", "[[[[[[1]]]]]]", 0, 4), 4, "integer" },
        { "deep metadata", "{\"__metadata__\":{\"a\":{\"b\":{}}}}", 0, "string" },
        { "metadata is no object", "{\"__metadata__\":3}", 0, "object of strings" },
        { "metadata holds a number", "{\"__metadata__\":{\"a\":1}}", 0, "string" },
        { "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice" },
        { "metadata key twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "twice" },
        { "tensor is a string", "{\"a\":\"x\"}", 0, "'a'" },
        { "tensor is null", "{\"a\":null}", 0, "'a'" },
        { "name twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "twice" },
        { "field twice", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "repeated" },
        { "unknown field", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1, "'x'" },
        { "no dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "lacks" },
        { "no shape", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "lacks" },
        { "no offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "lacks" },
        { "one offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1, "lacks" },
        { "three offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, "more than 2" },
        { "dtype is a number", "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "dtype" },
        { "unsupported dtype", Entry("F8_E4M3", "[1]", 0, 1), 1, "F8_E4M3" },
        { "dtype in lower case", Entry("f32", "[1]", 0, 4), 4, "'f32'" },
        { "dtype as enum number", Entry("1", "[1]", 0, 4), 4, "'1'" },
        { "negative dimension", Entry("F32", "[-1]", 0, 4), 4, "integer" },
        { "two negative dimensions", Entry("F32", "[-1,-1]", 0, 4), 4, "integer" },
        { "fractional dimension", Entry("F32", "[1.5]", 0, 4), 4, "integer" },
        { "exponent dimension", Entry("F32", "[1e0]", 0, 4), 4, "integer" },
        { "dimension beyond 64 bits", Entry("F32", "[18446744073709551617]", 0, 4), 4, "integer" },
        { "dimension beyond 31 bits", Entry("U8", "[4294967297]", 0, 1), 1, "4294967297" },
        { "product overflows 64 bits to 0", Entry("F32", "[65536,65536,65536,65536]", 0, 0), 0, "needs" },
        { "product overflows 128 bits", Entry("F32", "[" + string.Join(",", Enumerable.Repeat("2147483647", 16)) + "]", 0, 0), 0, "needs" },
        { "many dimensions", Entry("U8", "[" + string.Join(",", Enumerable.Repeat("1", 1000)) + "]", 0, 1), 1, "more than 16" },
        { "too few bytes for the shape", Entry("F32", "[2]", 0, 4), 4, "needs 8 bytes" },
        { "too many bytes for the shape", Entry("F32", "[1]", 0, 8), 8, "needs 4 bytes" },
        { "end before begin", Entry("U8", "[1]", 1, 0), 1, "data_offsets [1, 0]" },
        { "end beyond the file", Entry("U8", "[9]", 0, 9), 8, "cut off" },
        { "huge end", Entry("U8", "[1]", 0, long.MaxValue), 8, "cut off" },
        { "does not begin at 0", Entry("U8", "[1]", 1, 2), 2, "hole" },
        { "bytes left over", Entry("U8", "[1]", 0, 1), 2, "belong to no tensor" },
        { "no tensors but bytes", "{}", 1, "belong to no tensor" },
        { "hole", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}", 3, "hole" },
        { "overlap", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "inside another" },
        { "the same bytes twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "inside another" },
        { "lone surrogate", "{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "UTF-8" },
        { "comment", "{/* */}", 0, "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void A_bad_header_is_refused(string what, string header, int dataBytes, string reason) =>
        Refused(TorchWriter.SafetensorsBytes(header, new byte[dataBytes]), reason, what);

    [Fact]
    public void Bad_lengths_are_refused()
    {
        Refused([], "0 bytes", "empty");
        Refused([1, 0, 0], "3 bytes", "three bytes");
        Refused(new byte[8], "'{'", "empty header");
        Refused([255, 255, 255, 255, 255, 255, 255, 255, (byte)'{'], "18446744073709551615", "2^64-1");
        Refused([9, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "only 2", "header longer than the file");
        var large = new byte[8 + SafetensorsHeaderCap + 1];
        BinaryPrimitives.WriteInt64LittleEndian(large, SafetensorsHeaderCap + 1);
        Refused(large, "at most", "above the cap");
    }

    [Fact]
    public void A_header_that_is_no_text_is_refused()
    {
        var bytes = TorchWriter.SafetensorsBytes("""{"abc":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", []);
        bytes[8 + 3] = 0xFF;
        Refused(bytes, "header", "invalid UTF-8");
    }

    [Fact]
    public void Cut_off_at_every_byte_it_is_refused()
    {
        var whole = SmallFile();
        for (var length = 0; length < whole.Length; length++)
        {
            Refused(whole[..length], "", $"cut to {length} bytes");
        }
    }

    [Fact]
    public void Cut_off_after_opening_is_an_error_and_not_a_crash()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["f"], SmallFile());
        using var file = TensorFiles.Open(folder["f"]);
        using (var other = new FileStream(folder["f"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(20);
        }

        var e = Assert.Throws<DiffusionException>(() => file.ReadFloat32("w"));
        Assert.Contains("shorter", e.Message, StringComparison.Ordinal);
    }

    private const int SafetensorsHeaderCap = 8 << 20;

    private static string Entry(string dtype, string shape, long begin, long end) =>
        $"{{\"a\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}}}";

    private static byte[] SmallFile()
    {
        const string Header = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"h":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"i":{"dtype":"I64","shape":[1],"data_offsets":[32,40]}} """;
        return TorchWriter.SafetensorsBytes(Header, Encoding.ASCII.GetBytes("0123456789012345678901234567890123456789"));
    }

    private static void Refused(byte[] bytes, string reason, string what) => Refusal.Expect(bytes, reason, what);
}
