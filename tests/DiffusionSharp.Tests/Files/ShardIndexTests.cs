using DiffusionSharp.Files;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Files;

/// <summary>Weights in several files by the index beside them.</summary>
public class ShardIndexTests
{
    [Fact]
    public void Shards_of_any_container_are_one_file_of_tensors()
    {
        using var folder = Folder();
        File.WriteAllText(folder["i.json"], """{"metadata": {"total_size": 64}, "weight_map": {"w": "a.safetensors", "v": "b.bin", "h": "a.safetensors", "i": "a.safetensors"}}""");
        using var file = TensorFiles.Open(folder["i.json"]);
        Assert.Equal(TensorContainer.Shards, file.Container);
        Assert.Equal(["w", "h", "i", "v"], file.Tensors.Keys);
        Assert.Equal(ValidFiles.Numbers(24), file.ReadBytes("w"));
        Assert.Equal(ValidFiles.Numbers(24), file.ReadBytes("v"));
        Assert.Equal(ValidFiles.All["safetensors"].Length + ValidFiles.All["zip, protocol 4"].Length, file.Length);
        Assert.Equal("pt", file.Values["format"]);
        Assert.True(file.Verify(cancellationToken: TestContext.Current.CancellationToken) > 0);
    }

    [Theory]
    [InlineData("""{"weight_map": {"w": "a.safetensors", "h": "a.safetensors", "i": "a.safetensors", "x": "a.safetensors"}}""", "lacks the tensor 'x'")]
    [InlineData("""{"weight_map": {"w": "a.safetensors", "h": "a.safetensors"}}""", "which the index does not have")]
    [InlineData("""{"weight_map": {"w": "a.safetensors", "h": "a.safetensors", "i": "b.bin", "v": "b.bin"}}""", "gives to another file")]
    [InlineData("""{"weight_map": {"w": "c.bin"}}""", "c.bin")]
    [InlineData("""{"weight_map": {"w": "i.json"}}""", "i.json")]
    [InlineData("""{"weight_map": {"w": "d.bin"}}""", "'os.system'")]
    public void An_index_and_shards_that_disagree_are_refused(string index, string reason)
    {
        using var folder = Folder();
        File.WriteAllText(folder["i.json"], index);
        File.WriteAllBytes(folder["d.bin"], HostilePickles.Zip(HostilePickles.All["os.system"].Pickle));
        var e = Assert.Throws<DiffusionException>(() => TensorFiles.Open(folder["i.json"]));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, e.Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder(inMemory: true);
        File.WriteAllBytes(folder["a.safetensors"], ValidFiles.All["safetensors"]);
        File.WriteAllBytes(folder["b.bin"], ValidFiles.All["zip, protocol 4"]);
        return folder;
    }
}
