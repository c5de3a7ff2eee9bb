using System.Text.Json;
using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Networks;

/// <summary>A network of the DDIM reference code, as a golden's case.json and safetensors describe it.</summary>
internal sealed class ErmongroupModel
{
    public ErmongroupModel(GoldenCase golden, string weightsFile, string prefix = "")
    {
        Config = ReadConfig(golden.Json.GetProperty("config"));
        Graph = UNet.Build(Config);
        Weights = Read(golden.Path(weightsFile), prefix, Config);
    }

    public UNetConfig Config { get; }

    public NetworkGraph Graph { get; }

    public IReadOnlyDictionary<string, HostTensor> Weights { get; }

    /// <summary>The tensors below a prefix, under diffusers' names and shapes.</summary>
    public static Dictionary<string, HostTensor> Read(string path, string prefix, UNetConfig config)
    {
        using var weights = WeightsReader.Open(path, new StateDict(WeightsLayout.Ermongroup, prefix, false), config, config.Build());
        return weights.ReadAll().ToDictionary();
    }

    /// <summary>Parameters whose true gradient is zero, under diffusers' names.</summary>
    public HashSet<string> Dead(GoldenCase golden)
    {
        var dead = golden.Json.GetProperty("dead_parameters").EnumerateArray().Select(n => n.GetString()!).ToHashSet();
        var ours = Graph.Parameters.Select(p => p.Name).Where(n => dead.Contains(ErmongroupNames.Of(n, Config))).ToHashSet();
        Assert.Equal(dead.Count, ours.Count);
        return ours;
    }

    private static UNetConfig ReadConfig(JsonElement config)
    {
        var (model, size) = (config.GetProperty("model"), config.GetProperty("data").GetProperty("image_size").GetInt32());
        var shape = new ImageShape(model.GetProperty("in_channels").GetInt32(), size, size);
        return UNetConfig.Ddpm(shape, model.GetProperty("ch").GetInt32(), Ints("ch_mult"), model.GetProperty("num_res_blocks").GetInt32(), Ints("attn_resolutions"))
            with
        { ResampleWithConv = model.GetProperty("resamp_with_conv").GetBoolean() };

        int[] Ints(string name) => [.. model.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
    }
}
