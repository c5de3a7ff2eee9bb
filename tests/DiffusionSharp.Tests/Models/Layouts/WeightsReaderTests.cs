using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Models.Layouts;

public class WeightsReaderTests
{
    private static readonly NetworkGraph Graph =
        UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 8, 8), 8, [1, 2], 1, [4]) with { NormNumGroups = 4 });

    [Fact]
    public void Tensors_are_read_in_any_order_and_by_several_threads()
    {
        using var folder = new TemporaryFolder();
        var weights = Initializer.Create(Graph, seed: 3);
        SafetensorsWriter.Write(folder["w.safetensors"], weights.Reverse());
        using var reader = WeightsReader.Open(folder["w.safetensors"], Graph);

        Assert.Equal(weights.Keys, reader.ReadAll().Select(w => w.Key));
        Parallel.For(0, 200, i =>
        {
            var parameter = Graph.Parameters[(i * 7) % Graph.Parameters.Count];
            var read = reader.Read(parameter);
            Assert.Equal(parameter.Shape, read.Shape);
            Assert.Equal(weights[parameter.Name].Data, read.Data);
        });
    }

    [Fact]
    public void Names_and_shapes_are_checked_before_any_value_is_read()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["w.safetensors"], Initializer.Create(Graph, seed: 3).Skip(1));
        var e = Assert.Throws<DiffusionException>(() => WeightsReader.Open(folder["w.safetensors"], Graph));
        Assert.Contains($"1 missing: {Graph.Parameters[0].Name}", e.Message, StringComparison.Ordinal);
        File.Delete(folder["w.safetensors"]);
    }
}
