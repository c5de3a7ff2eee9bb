using System.Text;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Files.Pickle;

/// <summary>200,000 damaged files of every kind: no crash, no hang, no other exception, no more memory than the bounds.</summary>
public class MutationTests
{
    [Theory]
    [InlineData("zip", 30_000)]
    [InlineData("zip, protocol 4", 10_000)]
    [InlineData("legacy", 40_000)]
    [InlineData("safetensors", 30_000)]
    public void Damaged_files_are_read_or_refused(string kind, int count) => Try(kind, count, ValidFiles.All[kind], bytes => bytes);

    /// <summary>The damage is in the pickle, and the archive around it is right: its checksum hides nothing.</summary>
    [Theory]
    [InlineData("zip", 40_000)]
    [InlineData("zip, protocol 4", 20_000)]
    public void Damaged_pickles_are_read_or_refused(string kind, int count) => Try(
        $"pickle in {kind}", count, ValidFiles.Pickles[kind], pickle => TorchWriter.Zip(pickle, ("0", ValidFiles.Numbers(24)), ("1", ValidFiles.Numbers(8))).ToBytes());

    /// <summary>The damage is in the header, and the length before it is right.</summary>
    [Fact]
    public void Damaged_headers_are_read_or_refused() => Try(
        "safetensors header", 20_000, Encoding.UTF8.GetBytes(ValidFiles.Header), header => TorchWriter.SafetensorsBytes(Encoding.Latin1.GetString(header), ValidFiles.Numbers(40)));

    [Fact]
    public void Damaged_indexes_are_read_or_refused()
    {
        using var folder = new TemporaryFolder(inMemory: true);
        File.WriteAllBytes(folder["a.safetensors"], ValidFiles.All["safetensors"]);
        File.WriteAllBytes(folder["b.bin"], ValidFiles.All["zip, protocol 4"]);
        const string Index = """{"metadata": {"total_size": 64}, "weight_map": {"v": "b.bin", "h": "a.safetensors", "i": "a.safetensors", "w": "a.safetensors"}}""";
        Try("index", 10_000, Encoding.UTF8.GetBytes(Index), bytes => bytes, folder["index.json"]);
    }

    [Fact]
    public void Damaged_plain_pickles_are_read_or_refused()
    {
        var random = new Random(5);
        var valid = ValidFiles.Pickles["plain"];
        var read = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = Mutations.Apply(valid, random);
            try
            {
                using var file = PickleFile.Read(FileBytes.FromMemory(Refusal.Path, bytes));
                read += file.Root is PickleValue.Map map && map.Find("data") is PickleValue.Tensor data && file.ReadBytes(data).Length > 0 ? 1 : 0;
            }
            catch (DiffusionException e)
            {
                Assert.Equal(ErrorKind.ModelFile, e.Kind);
            }
        }

        Assert.InRange(read, 300, 9_000);
    }

    private static void Try(string kind, int count, byte[] valid, Func<byte[], byte[]> wrap, string path = Refusal.Path)
    {
        Assert.Null(Refusal.Open(wrap(valid), kind, ReadAll, path));
        var random = new Random(20260607);
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            refused += Refusal.Open(wrap(Mutations.Apply(valid, random)), $"{kind} {i}", ReadAll, path) is null ? 0 : 1;
        }

        // Both happen: numbers of tensors may change, structure mostly may not.
        Assert.True(refused > count / 5 && refused < count - (count / 200), $"{kind}: {refused} of {count} refused");
    }

    private static void ReadAll(TensorFile file)
    {
        foreach (var info in file.Tensors.Values)
        {
            Assert.Equal(info.ByteLength, file.ReadBytes(info).Length);
        }

        try
        {
            file.Verify(null, TestContext.Current.CancellationToken);
        }
        catch (DiffusionException e) when (e.Message.Contains("checksum", StringComparison.Ordinal))
        {
        }
    }
}
