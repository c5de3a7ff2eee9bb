using System.Buffers.Binary;
using System.Text;
using CsCheck;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Tests.Files.Storage;
using TestKit;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Safetensors;

public class SafetensorsTests
{
    [Fact]
    public void What_is_written_is_read_back_in_order_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        var path = folder["m.safetensors"];
        var special = new[] { float.NaN, float.NegativeInfinity, -0f, float.Epsilon, float.MaxValue, 1.5f };
        KeyValuePair<string, HostTensor>[] tensors =
        [
            new("z.weight", new HostTensor([2, 3], special)),
            new("a \"quoted\" ε 😀", new HostTensor([], [42])),
            new("empty", new HostTensor([0, 7], [])),
            new("b", new HostTensor([2], [1, 2])),
        ];
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["a"] = "1\n2" });
        using var file = TensorFiles.Open(path);
        Assert.Equal(["z.weight", "a \"quoted\" ε 😀", "empty", "b"], file.Tensors.Keys);
        foreach (var (name, tensor) in tensors)
        {
            var back = file.ReadFloat32(name);
            Assert.Equal(tensor.Shape, back.Shape);
            Assert.Equal(tensor.Data.Select(BitConverter.SingleToUInt32Bits), back.Data.Select(BitConverter.SingleToUInt32Bits));
        }

        Assert.Equal("pt", file.Values["format"]);
        Assert.Equal("1\n2", file.Values["a"]);
        Assert.Equal(24, file.ReadBytes("z.weight").Length);
    }

    [Fact]
    public void Random_tensors_round_trip_and_equal_input_gives_equal_bytes()
    {
        var tensor = Gen.Int[0, 5].Array[0, 4].SelectMany(shape =>
            Gen.Float.Array[shape.Aggregate(1, (a, b) => a * b)].Select(data => new HostTensor(shape, data)));
        Gen.Dictionary(Gen.String.Where(s => s != "__metadata__" && IsText(s)), tensor)[0, 8].Sample(
            tensors =>
            {
                using var folder = new TemporaryFolder();
                SafetensorsWriter.Write(folder["1"], tensors);
                SafetensorsWriter.Write(folder["2"], tensors);
                Assert.Equal(File.ReadAllBytes(folder["1"]), File.ReadAllBytes(folder["2"]));
                using var file = TensorFiles.Open(folder["1"]);
                Assert.Equal(tensors.Keys, file.Tensors.Keys);
                foreach (var (name, t) in tensors)
                {
                    var back = file.ReadFloat32(name);
                    Assert.Equal(t.Shape, back.Shape);
                    Assert.Equal(t.Data, back.Data);
                }
            },
            iter: 100);
    }

    [Fact]
    public void The_bytes_are_those_the_format_describes()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new("w", new HostTensor([1, 2], [1f, -2f]))], new Dictionary<string, string> { ["format"] = "pt" });
        var json = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""";
        var padded = json.PadRight((json.Length + 7) / 8 * 8);
        byte[] expected = [(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void Every_dtype_converts()
    {
        byte[] data =
        [
            0, 0, 0, 0, 0, 0, 0xF8, 0x3F, // F64 1.5
            0, 0, 0xC0, 0xBF, // F32 -1.5
            0x00, 0x3E, // F16 1.5
            0xC0, 0x3F, // BF16 1.5
            0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // I64 -2
            0xFD, 0xFF, 0xFF, 0xFF, // I32 -3
            0xFC, 0xFF, // I16 -4
            0xFB, // I8 -5
            0xFF, // U8 255
            0x02, // BOOL
        ];
        (string Dtype, int Size, float Value)[] rows =
        [
            ("F64", 8, 1.5f), ("F32", 4, -1.5f), ("F16", 2, 1.5f), ("BF16", 2, 1.5f), ("I64", 8, -2), ("I32", 4, -3),
            ("I16", 2, -4), ("I8", 1, -5), ("U8", 1, 255), ("BOOL", 1, 1),
        ];
        var at = 0;
        var entries = rows.Select(r => $"\"{r.Dtype}\":{{\"dtype\":\"{r.Dtype}\",\"shape\":[],\"data_offsets\":[{at},{at += r.Size}]}}");
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["f"], TorchWriter.SafetensorsBytes("{" + string.Join(",", entries) + "}", data));
        using var file = TensorFiles.Open(folder["f"]);
        foreach (var (dtype, _, value) in rows)
        {
            Assert.Equal(value, Assert.Single(file.ReadFloat32(dtype, allowIntegers: true).Data));
            if (!dtype.Contains('F'))
            {
                var e = Assert.Throws<DiffusionException>(() => file.ReadFloat32(dtype));
                Assert.Equal(ErrorKind.ModelFile, e.Kind);
                Assert.Contains(dtype, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Half_precision_agrees_with_the_definition_over_more_than_one_buffer()
    {
        // All 65536 patterns of both types: 2 x 128 KiB, several conversion buffers.
        var data = new byte[4 << 16];
        for (var i = 0; i < 1 << 16; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), (ushort)i);
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan((2 << 16) + (2 * i)), (ushort)i);
        }

        using var folder = new TemporaryFolder();
        File.WriteAllBytes(
            folder["f"],
            TorchWriter.SafetensorsBytes("""{"h":{"dtype":"F16","shape":[256,256],"data_offsets":[0,131072]},"b":{"dtype":"BF16","shape":[65536],"data_offsets":[131072,262144]}}""", data));
        using var file = TensorFiles.Open(folder["f"]);
        var half = file.ReadFloat32("h").Data;
        var brain = file.ReadFloat32("b").Data;
        for (var i = 0; i < 1 << 16; i++)
        {
            Assert.Equal(FromBits(i, 5, 10), half[i]);
            Assert.Equal(FromBits(i, 8, 7), brain[i]);
        }
    }

    [Fact]
    public void A_missing_tensor_and_a_missing_file_are_told()
    {
        using var folder = new TemporaryFolder();
        var path = folder["m.safetensors"];
        SafetensorsWriter.Write(path, [new("w", new HostTensor([2], [1, 2]))]);
        using var file = TensorFiles.Open(path);
        Assert.Contains("'v'", Assert.Throws<DiffusionException>(() => file.ReadFloat32("v")).Message, StringComparison.Ordinal);
        foreach (var absent in new[] { folder["none"], folder["none/none"], folder.Path })
        {
            var e = Assert.Throws<DiffusionException>(() => TensorFiles.Open(absent));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(absent, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_writer_refuses_repeated_and_reserved_names()
    {
        var t = new HostTensor([], [0]);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [new("a", t), new("a", t)]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [new("__metadata__", t)]));
    }

    [Fact]
    public void Concurrent_readers_see_the_same_values()
    {
        using var folder = new TemporaryFolder();
        var data = Enumerable.Range(0, 100_000).Select(i => (float)i).ToArray();
        SafetensorsWriter.Write(folder["m"], [new("w", new HostTensor([100_000], data))]);
        using var file = TensorFiles.Open(folder["m"]);
        Parallel.For(0, 16, _ => Assert.Equal(data, file.ReadFloat32("w").Data));
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void A_golden_file_is_rewritten_byte_for_byte()
    {
        var path = Shared.Path("goldens", "06_diffusers_unet2d_cifar10like", "diffusion_pytorch_model.safetensors");
        using var file = TensorFiles.Open(path);
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, file.Tensors.Keys.Select(n => KeyValuePair.Create(n, file.ReadFloat32(n))), file.Values);
        Assert.Equal(File.ReadAllBytes(path), stream.ToArray());
    }

    private static bool IsText(string s) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s)) == s;

    private static float FromBits(int bits, int exponentBits, int fractionBits)
    {
        var sign = (bits >> (exponentBits + fractionBits)) == 0 ? 1.0 : -1.0;
        var exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
        var fraction = (bits & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits);
        var bias = (1 << (exponentBits - 1)) - 1;
        if (exponent == (1 << exponentBits) - 1)
        {
            return fraction == 0 ? (float)(sign * double.PositiveInfinity) : float.NaN;
        }

        return (float)(sign * (exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias)));
    }
}
