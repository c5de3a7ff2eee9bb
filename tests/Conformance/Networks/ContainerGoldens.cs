using Conformance.Engines;
using DiffusionSharp;
using DiffusionSharp.Cpu;
using DiffusionSharp.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using TestKit;
using TestKit.Files;

namespace Conformance.Networks;

/// <summary>
/// Every golden model in every container: torch.save's zip archive and its old format, a bare state dict, safetensors, and the folder that a
/// conversion of it writes. The weights are the same to the bit, and so is the network's output.
/// </summary>
public sealed class ContainerGoldens : IDisposable
{
    private static readonly string[] Containers = ["zip", "legacy", "bare", "safetensors", "shards", "folder", "folder, 16 bits"];

    private readonly string root = Directory.CreateTempSubdirectory("containers-").FullName;

    public static TheoryData<string, string> Cases => Shared.Exists ? new(GoldenModel.All.Keys.SelectMany(_ => Containers, (m, c) => (m, c))) : new((GoldenRuns.Absent, ""));

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void A_model_is_the_same_in_every_container(string name, string container)
    {
        var model = GoldenModel.All[name];
        var source = model.Open();
        var (expected, found) = (GoldenNetwork.Open(name), GoldenNetwork.Open(name, Put(model, source, container)));
        var bound = container == "folder, 16 bits" ? 1e-2 : Math.Max(found.Tolerance, 2e-5);
        if (container != "folder, 16 bits")
        {
            Assert.Equal(expected.Call.Weights.Keys, found.Call.Weights.Keys);
            Assert.All(found.Call.Weights, w => Assert.Equal(expected.Call.Weights[w.Key].Data, w.Value.Data));
        }

        Relative.AssertWithin(bound, found.Call.Predict(CpuEngine.With(new CpuOptions { Threads = 1 })), found.Expected, $"{name} in {container}");
    }

    // The training checkpoints have no recorded output: their weights are compared with the same checkpoint in safetensors.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("init.ckpt", "init.safetensors", false, "")]
    [InlineData("ckpt_1.pth", "ckpt_1.safetensors", true, "0.module.")]
    [InlineData("ckpt_1.pth", "ckpt_1.safetensors", false, "4.")]
    [InlineData("ckpt_3_legacy.pth", "ckpt_3_legacy.safetensors", true, "0.module.")]
    [InlineData("ckpt_3_legacy.pth", "ckpt_3_legacy.safetensors", false, "4.")]
    public void Both_sets_of_weights_of_a_training_checkpoint_are_read(string file, string twin, bool raw, string prefix)
    {
        var golden = new GoldenCase("03_train_ch32_m11_8px");
        var (found, expected) = (ModelSource.Open(golden.Path(file), raw), ModelSource.Open(golden.Path(twin), raw));
        Assert.Equal(prefix, found.Prefix);
        Assert.Equal(expected.Network, found.Network);
        using var one = found.OpenWeights();
        using var other = expected.OpenWeights();
        Assert.All(one.ReadAll().Zip(other.ReadAll()), p => Assert.Equal(p.Second.Value.Data, p.First.Value.Data));
    }

    private ModelSource Put(GoldenModel model, ModelSource source, string container)
    {
        var path = Path.Combine(root, "model");
        if (container.StartsWith("folder", StringComparison.Ordinal))
        {
            ModelConverter.Convert(source, path, new ConversionOptions { Half = container != "folder" });
            return ModelSource.Open(path);
        }

        // The names of the source, as they are; what precedes them only in a checkpoint of more than one state dict.
        var (names, values) = Tensors(source, container == "bare" ? "" : source.Prefix);
        var config = Path.Combine(model.Golden.Path(model.File), "config.json");
        if (File.Exists(config))
        {
            Directory.CreateDirectory(path);
            File.Copy(config, Path.Combine(path, "config.json"));
            path = Path.Combine(path, $"diffusion_pytorch_model.{(container is "safetensors" ? "safetensors" : container == "shards" ? "safetensors.index.json" : "bin")}");
        }

        if (File.Exists(Path.Combine(Path.GetDirectoryName(model.Path)!, "config.yml")) && source.Layout == WeightsLayout.Ermongroup)
        {
            File.Copy(Path.Combine(Path.GetDirectoryName(model.Path)!, "config.yml"), Path.Combine(root, "config.yml"));
        }

        if (container == "shards")
        {
            Shards(path, names, values);
        }
        else
        {
            var dict = Dict(names, values);
            File.WriteAllBytes(path, container == "legacy" ? TorchWriter.Legacy(dict) : container == "safetensors" ? TorchWriter.Safetensors(dict) : TorchWriter.Zip(dict));
        }

        return model.Open(File.Exists(config) ? Path.GetDirectoryName(path)! : path);
    }

    private static (string[] Names, HostTensor[] Values) Tensors(ModelSource source, string prefix)
    {
        using var file = TensorFiles.Open(source.WeightsPath);

        // The buffers of a schedule lie beside lucidrains' network.
        var beside = source.Layout == WeightsLayout.Lucidrains ? source.Prefix[..^"model.".Length] : source.Prefix;
        string[] own = [.. file.Tensors.Keys.Where(n => n.StartsWith(beside, StringComparison.Ordinal) && !n.EndsWith("initted", StringComparison.Ordinal))];
        return ([.. own.Select(n => prefix.Length == 0 ? n[beside.Length..] : n)], [.. own.Select(n => file.ReadFloat32(n, allowIntegers: true))]);
    }

    private static TorchDict Dict(string[] names, HostTensor[] values) => TorchDict.FromTensors([.. names.Zip(values, KeyValuePair.Create)]);

    private static void Shards(string index, string[] names, HostTensor[] values)
    {
        var half = names.Length / 2;
        var folder = Path.GetDirectoryName(index)!;
        File.WriteAllBytes(Path.Combine(folder, "1.safetensors"), TorchWriter.Safetensors(Dict(names[..half], values[..half])));
        File.WriteAllBytes(Path.Combine(folder, "2.bin"), TorchWriter.Zip(Dict(names[half..], values[half..])));
        var map = names.Select((n, i) => $"\"{n}\": \"{(i < half ? "1.safetensors" : "2.bin")}\"");
        File.WriteAllText(index, $"{{\"metadata\": {{\"total_size\": 1}}, \"weight_map\": {{{string.Join(", ", map)}}}}}");
    }
}
