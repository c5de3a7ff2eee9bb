using System.Text.Json;
using DiffusionSharp;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Networks;

/// <summary>A network of the DDIM reference code, as a golden's case.json and safetensors describe it.</summary>
internal sealed class ErmongroupModel
{
    /// <summary>The network with the weights of a file, or of the checkpoint that the case names, whose content lies beside it as safetensors.</summary>
    public ErmongroupModel(GoldenCase golden, string? weightsFile = null)
    {
        var config = golden.Json.GetProperty("config");
        Config = ReadConfig(config);
        Graph = UNet.Build(Config);
        Weights = Read(golden.Path(weightsFile ?? Path.ChangeExtension(golden.Json.GetProperty("checkpoint").GetString()!, "safetensors")), string.Empty, Config);
        var diffusion = config.GetProperty("diffusion");
        Schedule = ReadSchedule(
            diffusion.GetProperty("beta_schedule").GetString()!, diffusion.GetProperty("num_diffusion_timesteps").GetInt32(), diffusion);
    }

    public UNetConfig Config { get; }

    public NetworkGraph Graph { get; }

    public NoiseSchedule Schedule { get; }

    public IReadOnlyDictionary<string, HostTensor> Weights { get; }

    /// <summary>The schedule that get_beta_schedule makes of its arguments.</summary>
    public static NoiseSchedule ReadSchedule(string name, int T, JsonElement betas) =>
        NoiseSchedule.Named(name == "quad" ? "scaled_linear" : name, T, betas.GetProperty("beta_start").GetDouble(), betas.GetProperty("beta_end").GetDouble())
        ?? throw new NotSupportedException(name);

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
        var ours = Graph.Parameters.Select(p => p.Name).Where(n => dead.Contains(ErmongroupNames.Map(n, Config))).ToHashSet();
        Assert.Equal(dead.Count, ours.Count);
        return ours;
    }

    public static UNetConfig ReadConfig(JsonElement config)
    {
        var (model, size) = (config.GetProperty("model"), config.GetProperty("data").GetProperty("image_size").GetInt32());
        var shape = new ImageShape(model.GetProperty("in_channels").GetInt32(), size, size);
        return UNetConfig.Ddpm(shape, model.GetProperty("ch").GetInt32(), Ints("ch_mult"), model.GetProperty("num_res_blocks").GetInt32(), Ints("attn_resolutions"))
            with
        {
            OutChannels = model.GetProperty("out_ch").GetInt32(),
            Dropout = model.GetProperty("dropout").GetDouble(),
            ResampleWithConv = model.GetProperty("resamp_with_conv").GetBoolean(),
        };

        int[] Ints(string name) => [.. model.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
    }
}
