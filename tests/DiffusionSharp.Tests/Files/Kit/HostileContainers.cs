using System.IO.Compression;
using System.Text;
using DiffusionSharp.Tests.Files.Numpy;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Kit;

/// <summary>Zip archives, old files, safetensors and others made to hurt, each with a part of the message it must get.</summary>
internal static class HostileContainers
{
    private static readonly byte[] Tensor = new PickleWriter().Plain().Stop();
    private static readonly byte[] LegacyTensor = new PickleWriter().Tensor("FloatStorage", "0", 4, 0, [4], [1], legacy: true).Stop();

    public static IReadOnlyDictionary<string, (Func<byte[]> Make, string Reason)> All { get; } = new Dictionary<string, (Func<byte[]> Make, string Reason)>(StringComparer.Ordinal)
    {
        // Zip.
        ["deflated pickle"] = (() => Deflated(Tensor), "compressed"),
        ["zip bomb"] = (() => Deflated(new byte[10_000_000]), "compressed"),
        ["claims to be stored"] = (() => Change(e => e with { PackedSize = 4 }), "compressed"),
        ["method of the header"] = (() => Change(e => e with { LocalMethod = 8 }), "says other"),
        ["flags of the header"] = (() => Change(e => e with { LocalFlags = 0 }), "says other"),
        ["encrypted"] = (() => Change(e => e with { Flags = 0x809 }), "encrypted"),
        ["name of the header"] = (() => Change(e => e with { LocalName = "archive/data/1" }), "says other"),
        ["size of the header"] = (() => Change(e => e with { LocalSize = 8 }), "says other"),
        ["checksum of the header"] = (() => Change(e => e with { LocalCrc = 8 }), "says other"),
        ["size in the directory"] = (() => Change(e => e with { Size = 20, PackedSize = 20 }), "16"),
        ["size of 4 GiB"] = (() => Change(e => e with { Size = 0xFFFFFFF0, PackedSize = 0xFFFFFFF0 }), "4294967280"),
        ["zip64 size of 2^63"] = (() => Change(e => e with { Size = uint.MaxValue, PackedSize = uint.MaxValue, Extra = [1, 0, 16, 0, .. ZipWriter.N(long.MinValue, 8), .. ZipWriter.N(long.MinValue, 8)] }), "9223372036854775808"),
        ["zip64 size that is absent"] = (() => Change(e => e with { Size = uint.MaxValue, PackedSize = uint.MaxValue }), "4294967295"),
        ["zip64 size that is cut off"] = (() => Change(e => e with { Size = uint.MaxValue, PackedSize = uint.MaxValue, Extra = [1, 0, 4, 0, 1, 2, 3, 4] }), "64-bit"),
        ["extra field beyond its end"] = (() => Change(e => e with { Extra = [1, 0, 200, 0, 1, 2, 3, 4] }), "extra fields"),
        ["extra field beyond the directory"] = (() => Change(e => e with { ExtraLength = 60_000 }), "cut off"),
        ["offset beyond the file"] = (() => Change(e => e with { Offset = 0x7FFFFFFF }), "2147483647"),
        ["offset of nothing"] = (() => Change(e => e with { Offset = 5 }), "no header"),
        ["offset before the file"] = (DirectoryFirst, "9223372036854775808"),
        ["two entries in one place"] = (() => Zip().With(Zip().Entries[2] with { Offset = Offset(2) }).ToBytes(), "overlap"),
        ["the same name twice"] = (() => Zip().With(new ZipWriter.Entry("archive/data/0", new byte[16])).ToBytes(), "twice"),
        ["the pickle twice"] = (() => Zip().With(new ZipWriter.Entry("archive/data.pkl", Tensor)).ToBytes(), "twice"),
        ["two archives in one"] = (() => Zip().With(new ZipWriter.Entry("other/data.pkl", Tensor)).ToBytes(), "does not lie in"),
        ["a path out of the archive"] = (() => Zip().With(new ZipWriter.Entry("archive/../../../etc/passwd", [1])).ToBytes(), "torch.save does not write"),
        ["an absolute path"] = (() => Zip().With(new ZipWriter.Entry("/etc/passwd", [1])).ToBytes(), "torch.save does not write"),
        ["a path of Windows"] = (() => Zip().With(new ZipWriter.Entry("archive\\data\\0", [1])).ToBytes(), "torch.save does not write"),
        ["a name with a zero"] = (() => Zip().With(new ZipWriter.Entry("archive/data/0\0.txt", [1])).ToBytes(), "torch.save does not write"),
        ["a long name"] = (() => Zip().With(new ZipWriter.Entry("archive/" + new string('n', 60_000), [1])).ToBytes(), "60008 bytes"),
        ["an empty name"] = (() => Zip().With(new ZipWriter.Entry("", [1])).ToBytes(), "0 bytes"),
        ["checksum of the pickle"] = (() => new ZipWriter { Entries = [Zip().Entries[0] with { Crc = 1 }, .. Zip().Entries[1..]] }.ToBytes(), "checksum"),
        ["big-endian"] = (() => new ZipWriter { Entries = [Zip().Entries[0], new("archive/byteorder", "big"u8.ToArray()), .. Zip().Entries[2..]] }.ToBytes(), "big-endian"),
        ["TorchScript"] = (() => Zip().With(new ZipWriter.Entry("archive/constants.pkl", [1])).ToBytes(), "TorchScript"),
        ["TorchScript code"] = (() => Zip().With(new ZipWriter.Entry("archive/code/__torch__.py", [1])).ToBytes(), "TorchScript"),
        [".npz"] = (() => NpzTests.Zip(CompressionLevel.NoCompression, ("a.npy", new byte[80])), ".npz"),
        ["an ordinary zip archive"] = (() => NpzTests.Zip(CompressionLevel.NoCompression, ("model.ckpt", new byte[80])), "data.pkl"),
        ["an empty zip archive"] = (() => new ZipWriter { Zip64 = false }.ToBytes(), "data.pkl"),
        ["fewer entries than said"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, Count = 5 }.ToBytes(), "cut off"),
        ["more entries than said"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, Count = 3 }.ToBytes(), "belong to no entry"),
        ["65535 entries"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, Count = 65535 }.ToBytes(), "65535 entries"),
        ["the directory elsewhere"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, DirectoryOffset = 0 }.ToBytes(), "does not fit"),
        ["the directory beyond the file"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, DirectoryOffset = 0xFFFFFFF0 }.ToBytes(), "does not fit"),
        ["the directory of 4 GiB"] = (() => new ZipWriter { Entries = Zip().Entries, Zip64 = false, DirectorySize = 0xFFFFFFF0 }.ToBytes(), "does not fit"),
        ["zip64 says other"] = (() => new ZipWriter { Entries = Zip().Entries, Count64 = 400 }.ToBytes(), "32-bit"),
        ["zip64 says 2^62 entries"] = (() => new ZipWriter { Entries = Zip().Entries, Count = 65535, Count64 = 1L << 62 }.ToBytes(), "4611686018427387904"),
        ["zip64 directory at 2^63"] = (() => new ZipWriter { Entries = Zip().Entries, DirectoryOffset = uint.MaxValue, DirectoryOffset64 = long.MinValue }.ToBytes(), "9223372036854775808"),
        ["zip64 record elsewhere"] = (() => new ZipWriter { Entries = Zip().Entries, LocatorOffset = 0 }.ToBytes(), "64-bit"),
        ["an archive with a comment"] = (() => new ZipWriter { Entries = Zip().Entries, CommentLength = 3 }.ToBytes(), "comment"),
        ["bytes after the archive"] = (() => [.. Zip().ToBytes(), 1, 2, 3], "does not end"),
        ["a directory without an end"] = (() => [.. "PK\u0003\u0004"u8, .. new byte[100]], "does not end"),
        ["20,000 entries of nothing"] = (() => new ZipWriter { Entries = [.. Zip().Entries, .. Enumerable.Range(0, 20_000).Select(i => new ZipWriter.Entry($"x{i}", []) { Flags = 0 })] }.ToBytes(), "does not lie"),

        // The old format.
        ["old format, another version"] = (() => [.. TorchWriter.LegacyStart(1002), .. LegacyTensor], "version"),
        ["old format, big-endian"] = (() => [.. TorchWriter.LegacyStart(1001, littleEndian: false), .. LegacyTensor], "little-endian"),
        ["old format, nothing more"] = (() => TorchWriter.LegacyStart(), "cut off"),
        ["old format, no storages"] = (() => TorchWriter.Legacy(LegacyTensor, Array.Empty<string>()), "does not list"),
        ["old format, a storage twice"] = (() => [.. TorchWriter.Legacy(LegacyTensor, ["0", "0"]), .. ZipWriter.N(4, 8), .. new byte[16]], "listed before"),
        ["old format, another storage"] = (() => TorchWriter.Legacy(LegacyTensor, ("1", 4, new byte[16])), "no tensor has"),
        ["old format, too few elements"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", 3, new byte[12])), "3 elements"),
        ["old format, too many elements"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", 5, new byte[20])), "5 elements"),
        ["old format, negative elements"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", -4, new byte[16])), "-4 elements"),
        ["old format, 2^62 elements"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", 1L << 62, new byte[16])), "elements"),
        ["old format, fewer bytes"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", 4, new byte[15])), "15 bytes"),
        ["old format, more bytes"] = (() => TorchWriter.Legacy(LegacyTensor, ("0", 4, new byte[17])), "belong to no storage"),
        ["old format, a huge storage"] = (() => TorchWriter.Legacy(new PickleWriter().Tensor("FloatStorage", "0", 1L << 50, 0, [4], [1], legacy: true).Stop(), ("0", 1L << 50, new byte[16])), "bytes follow"),
        ["old format, keys are no list"] = (() => [.. TorchWriter.LegacyStart(), .. LegacyTensor, .. new PickleWriter().Do("}").Stop()], "no list"),

        // Safetensors that need much memory.
        ["safetensors of 2^63 bytes of header"] = (() => [.. ZipWriter.N(long.MinValue, 8), (byte)'{', .. new byte[100]], "9223372036854775808"),
        ["safetensors of 2 GiB of header"] = (() => [.. ZipWriter.N(int.MaxValue, 8), (byte)'{', .. new byte[100]], "2147483647"),
        ["safetensors of 8 MiB of tiny tensors"] = (() => TorchWriter.SafetensorsBytes(Many(i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}},") + "\"z\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", []), "cut off"),
        ["safetensors of 8 MiB with a hole"] = (() => TorchWriter.SafetensorsBytes(Many(i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]}},") + "\"z\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", [1, 2]), "belong to no tensor"),
        ["safetensors of 8 MiB with a name twice"] = (() => TorchWriter.SafetensorsBytes(Many(i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}},") + "\"1000\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", []), "'1000' occurs twice"),
        ["safetensors whose tensors all begin at 0"] = (() => TorchWriter.SafetensorsBytes(Many(i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}},") + "\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", [1]), "inside another"),
        ["safetensors of 8 MiB of metadata"] = (() => TorchWriter.SafetensorsBytes("{\"__metadata__\":" + Many(i => $"\"{i:x}\":\"\",") + "\"z\":1}}", []), "keys"),
        ["safetensors with a long value that is no text"] = (() => TorchWriter.SafetensorsBytes("{\"__metadata__\":{\"a\":\"" + new string('x', 8_000_000) + "\\ud800\"}}", []), "UTF-8"),
        ["safetensors with a long name"] = (() => TorchWriter.SafetensorsBytes("{\"" + new string('x', 8_000_000) + "\":{}}", []), "8000000 bytes"),
        ["safetensors with a long dtype"] = (() => TorchWriter.SafetensorsBytes("{\"a\":{\"dtype\":\"" + new string('x', 8_000_000) + "\"}}", []), "not supported"),
        ["safetensors with a long field"] = (() => TorchWriter.SafetensorsBytes("{\"a\":{\"" + new string('x', 8_000_000) + "\":1}}", []), "unknown"),
        ["safetensors of 8 MiB of brackets"] = (() => TorchWriter.SafetensorsBytes("{" + new string('[', (8 << 20) - 1), []), "not valid JSON"),

        // Indexes of shards.
        ["an index without a map"] = (() => "{\"metadata\":{}}"u8.ToArray(), "weight_map"),
        ["an index with an empty map"] = (() => "{\"weight_map\":{}}"u8.ToArray(), "weight_map"),
        ["an index that is cut off"] = (() => "{\"weight_map\":{\"a\":\"x.bin\""u8.ToArray(), "JSON"),
        ["an index with two maps"] = (() => "{\"weight_map\":{\"a\":\"x\"},\"weight_map\":{\"b\":\"x\"}}"u8.ToArray(), "twice"),
        ["an index with a name twice"] = (() => "{\"weight_map\":{\"a\":\"x\",\"\\u0061\":\"y\"}}"u8.ToArray(), "twice"),
        ["an index of numbers"] = (() => "{\"weight_map\":{\"a\":1}}"u8.ToArray(), "no file name"),
        ["an index of a list"] = (() => "{\"weight_map\":[1]}"u8.ToArray(), "no object"),
        ["an index out of the folder"] = (() => "{\"weight_map\":{\"a\":\"../secret.bin\"}}"u8.ToArray(), "no plain name"),
        ["an index with an absolute path"] = (() => "{\"weight_map\":{\"a\":\"/etc/passwd\"}}"u8.ToArray(), "no plain name"),
        ["an index with a path of Windows"] = (() => "{\"weight_map\":{\"a\":\"C:x\"}}"u8.ToArray(), "no plain name"),
        ["an index of the parent"] = (() => "{\"weight_map\":{\"a\":\"..\"}}"u8.ToArray(), "no plain name"),
        ["an index of nothing"] = (() => "{\"weight_map\":{\"a\":\"\"}}"u8.ToArray(), "no plain name"),
        ["an index with a lone surrogate"] = (() => "{\"weight_map\":{\"\\ud800\":\"x\"}}"u8.ToArray(), "UTF-8"),
        ["an index of 2000 files"] = (() => Encoding.UTF8.GetBytes("{\"weight_map\":{" + string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"{i}\":\"f{i}\"")) + "}}"), "1000 files"),
        ["an index of 8 MiB of short names"] = (() => Encoding.UTF8.GetBytes("{\"weight_map\":" + Many(i => $"\"{i:x}\":\"f\",") + "\"z\":1}}"), "more memory"),
        ["an index of 9 MiB"] = (() => [.. "{\"weight_map\":{\"a\":\"b\"}}"u8, .. Enumerable.Repeat((byte)' ', 9 << 20)], "at most"),

        // Other files.
        ["nothing"] = (() => [], "0 bytes"),
        ["a web page"] = (() => "<!DOCTYPE html><html>404</html>"u8.ToArray(), "web page"),
        ["a Git LFS pointer"] = (() => "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8.ToArray(), "git lfs pull"),
        ["HDF5"] = (() => [0x89, .. "HDF\r\n\u001a\n"u8, .. new byte[100]], "HDF5"),
        ["gzip"] = (() => [0x1F, 0x8B, 8, .. new byte[100]], "gzip"),
        ["a plain pickle"] = (() => new PickleWriter().Do("}").Stop(), "plain pickle"),
        [".npy"] = (() => [0x93, .. "NUMPY"u8, 1, 0, .. new byte[100]], ".npy"),
        ["tar"] = (() => [.. "sys_info"u8, .. new byte[249], .. "ustar\0"u8, .. new byte[250]], "PyTorch 0.1"),
        ["TensorFlow"] = (() => [.. Enumerable.Repeat((byte)1, 60), .. ZipWriter.N(unchecked((long)0xDB4775248B80FB57), 8)], "TensorFlow"),
        ["noise"] = (() => [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 37))], "at most"),
    };

    // A directory at byte 4, of one entry whose header would be at -2^63.
    private static byte[] DirectoryFirst()
    {
        byte[] name = [.. "a/data.pkl"u8], extra = [1, 0, 8, 0, .. ZipWriter.N(long.MinValue, 8)];
        byte[] directory =
        [
            .. "PK\u0001\u0002"u8, .. new byte[24], .. ZipWriter.N(name.Length, 2), .. ZipWriter.N(extra.Length, 2), .. new byte[10], .. ZipWriter.N(uint.MaxValue, 4), .. name, .. extra,
        ];
        return [.. "PK\u0003\u0004"u8, .. directory, .. "PK\u0005\u0006"u8, 0, 0, 0, 0, 1, 0, 1, 0, .. ZipWriter.N(directory.Length, 4), .. ZipWriter.N(4, 4), 0, 0];
    }

    public static ZipWriter Zip() => TorchWriter.Zip(Tensor, ("0", new byte[16]));

    public static byte[] Legacy() => TorchWriter.Legacy(LegacyTensor, ("0", 4, new byte[16]));

    /// <summary>As many as 8 MiB hold.</summary>
    public static string Many(Func<int, string> entry)
    {
        var text = new StringBuilder("{");
        for (var i = 0; text.Length < (8 << 20) - 128; i++)
        {
            text.Append(entry(i));
        }

        return text.ToString();
    }

    // The storage's entry made wrong.
    private static byte[] Change(Func<ZipWriter.Entry, ZipWriter.Entry> change) =>
        new ZipWriter { Entries = [.. Zip().Entries.Select((e, i) => i == 2 ? change(e) : e)] }.ToBytes();

    private static long Offset(int entry) => new ZipWriter { Entries = Zip().Entries[..entry], Zip64 = false }.ToBytes() is var before
        ? BitConverter.ToUInt32(before.AsSpan(^6..^2))
        : 0;

    private static byte[] Deflated(byte[] data)
    {
        using var stream = new MemoryStream();
        using (var deflate = new DeflateStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(data);
        }

        return new ZipWriter
        {
            Entries = [new("archive/data.pkl", stream.ToArray()) { Method = 8, Size = data.Length, PackedSize = (uint)stream.Length, Crc = DiffusionSharp.Files.Storage.Crc32.Compute(data) }],
        }.ToBytes();
    }
}
