using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Networks;

/// <summary>
/// The network of golden 07 as guided-diffusion's <c>UNetModel</c> has it. The state dict's pickle is not read: its storages lie in the
/// archive in the order in which the modules were made, which is written out here.
/// </summary>
internal sealed class GuidedModel
{
    public const string Case = "07_guided_ch32_class_learnsigma";

    public GuidedModel(GoldenCase golden)
    {
        Config = ReadConfig(golden);
        Graph = Config.Build();
        Weights = Read(golden.Path("model.pt"));
    }

    public UNetConfig Config { get; }

    public NetworkGraph Graph { get; }

    public IReadOnlyDictionary<string, HostTensor> Weights { get; }

    private static UNetConfig ReadConfig(GoldenCase golden)
    {
        var unet = golden.Json.GetProperty("unet");
        int channels = Int("model_channels"), levels = Ints("channel_mult").Length, classes = Int("num_classes");
        var attention = Enumerable.Range(0, levels).Select(l => Ints("attention_resolutions").Contains(1 << l)).ToArray();
        return new UNetConfig
        {
            Height = golden.Shape("x")[2],
            Width = golden.Shape("x")[3],
            InChannels = Int("in_channels"),
            OutChannels = Int("out_channels"),
            FreqShift = 0,
            FlipSinToCos = true,
            DownBlockTypes = [.. attention.Select(a => a ? "AttnDownBlock2D" : "ResnetDownsampleBlock2D")],
            UpBlockTypes = [.. attention.Reverse().Select(a => a ? "AttnUpBlock2D" : "ResnetUpsampleBlock2D")],
            DownsampleType = "resnet",
            UpsampleType = "resnet",
            BlockOutChannels = [.. Ints("channel_mult").Select(m => m * channels)],
            LayersPerBlock = Int("num_res_blocks"),
            AttentionHeadDim = Int("num_head_channels"),
            AttnNormNumGroups = 32,
            NormEps = 1e-5,
            ResnetTimeScaleShift = "scale_shift",
            NumClassEmbeds = classes,
        };

        int Int(string name) => unet.GetProperty(name).GetInt32();
        int[] Ints(string name) => [.. unet.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
    }

    private Dictionary<string, HostTensor> Read(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        var storages = archive.Entries.Where(e => e.FullName.Contains("/data/", StringComparison.Ordinal))
            .OrderBy(e => int.Parse(e.Name, CultureInfo.InvariantCulture)).Select(Floats).ToList();
        var shapes = Graph.Parameters.ToDictionary(p => p.Name, p => p.Shape);
        var weights = new Dictionary<string, HostTensor>(StringComparer.Ordinal);
        var next = 0;
        foreach (var module in Modules())
        {
            Take($"{module}.weight");
            if (module != "class_embedding")
            {
                Take($"{module}.bias");
            }
        }

        Assert.Equal(storages.Count, next);
        return weights;

        void Take(string name)
        {
            var values = storages[next++];
            if (!name.Contains(".qkv.", StringComparison.Ordinal))
            {
                weights.Add(name, new HostTensor([.. shapes[name]], values));
                return;
            }

            // QKVAttentionLegacy: of each head the rows of q, then of k, then of v.
            foreach (var (part, target) in new[] { ".to_q.", ".to_k.", ".to_v." }.Select(t => name.Replace(".qkv.", t, StringComparison.Ordinal)).Index())
            {
                var shape = shapes[target];
                var head = Config.AttentionHeadDim!.Value * (values.Length / (3 * shape[0]));
                float[] rows = [.. values.Chunk(head).Where((_, i) => i % 3 == part).SelectMany(c => c)];
                weights.Add(target, new HostTensor([.. shape], rows));
            }
        }
    }

    private IEnumerable<string> Modules()
    {
        var (levels, layers) = (Config.Levels, Config.LayersPerBlock);
        string[] before = ["time_embedding.linear_1", "time_embedding.linear_2", "class_embedding", "conv_in"];
        return
        [
            .. before,
            .. Enumerable.Range(0, levels).SelectMany(l => (string[])
            [
                .. Enumerable.Range(0, layers).SelectMany(j => Layer($"down_blocks.{l}", j)),
                .. l < levels - 1 ? Resnet($"down_blocks.{l}.downsamplers.0") : [],
            ]),
            .. Resnet("mid_block.resnets.0"), .. Attention("mid_block.attentions.0"), .. Resnet("mid_block.resnets.1"),
            .. Enumerable.Range(0, levels).SelectMany(l => (string[])
            [
                .. Enumerable.Range(0, layers + 1).SelectMany(j => Layer($"up_blocks.{l}", j)),
                .. l < levels - 1 ? Resnet($"up_blocks.{l}.upsamplers.0") : [],
            ]),
            "conv_norm_out", "conv_out",
        ];
    }

    private string[] Layer(string block, int layer) => [.. Resnet($"{block}.resnets.{layer}"), .. Attention($"{block}.attentions.{layer}")];

    private string[] Resnet(string name)
    {
        string[] all = ["norm1", "conv1", "time_emb_proj", "norm2", "conv2", "conv_shortcut"];
        return [.. all.Select(part => $"{name}.{part}").Where(Has)];
    }

    private string[] Attention(string name) => Has($"{name}.to_q") ? [$"{name}.group_norm", $"{name}.qkv", $"{name}.to_out.0"] : [];

    private bool Has(string module) => Graph.Parameters.Any(p => p.Name == $"{module}.weight");

    private static float[] Floats(ZipArchiveEntry entry)
    {
        var values = new float[entry.Length / sizeof(float)];
        using var stream = entry.Open();
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
