using CsCheck;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Layouts;

/// <summary>OpenAI's networks from names and shapes, against a listing of their parameters made from their constructor.</summary>
public class GuidedLayoutTests
{
    private static readonly CheckpointFacts Heads = new() { Height = 16, Width = 16, NumHeadChannels = 16 };

    [Fact]
    public void Any_flags_are_found_again_and_every_tensor_has_its_place() => Gen.Int[0, int.MaxValue].Sample(
        seed =>
        {
            var (flags, facts) = Draw(new Random(seed));
            var module = flags.Module();
            var model = Read(module.Infos(), facts);
            var network = Assert.IsType<UNetConfig>(model.Network);
            var graph = network.Build();

            // Throws when one is missing, left over or of another shape.
            WeightsMap.Find("model.pt", module.Infos(), graph, LayoutNames.Mapping(model.Set.Layout, network, module.Infos()));
            Assert.Equal(module.Parameters, graph.ParameterCount);

            var levels = flags.ChannelMult.Length;
            Assert.Equal(flags.ChannelMult.Select(m => (int)(m * flags.ModelChannels)), network.BlockOutChannels);
            Assert.Equal(Enumerable.Range(0, levels).Select(l => flags.AttentionResolutions.Contains(1 << l)), network.DownBlockTypes.Select(t => t == "AttnDownBlock2D"));
            Assert.Equal(flags.NumResBlocks, network.LayersPerBlock);
            Assert.Equal(flags.ModelChannels, network.SinusoidDim);
            Assert.Equal(flags.ScaleShift ? "scale_shift" : "default", network.ResnetTimeScaleShift);
            Assert.Equal(levels == 1 || flags.ConvResample || flags.ResblockUpdown, network.ResampleWithConv);
            Assert.Equal(levels > 1 && flags.ResblockUpdown ? "resnet" : "conv", network.DownsampleType);
            Assert.Equal(flags.NumClasses, network.NumClassEmbeds);
            Assert.Equal((flags.InChannels, flags.OutChannels), (network.InChannels, network.OutChannels));
            Assert.Equal(flags.OutChannels == 2 * flags.InChannels ? ("DDPMScheduler", "learned_range") : ("DDIMScheduler", "fixed_small"), (model.Scheduler.ClassName, model.Scheduler.VarianceType));
            foreach (var (level, channels) in network.BlockOutChannels.Index())
            {
                var (down, up) = facts.NumHeadChannels is int width ? (channels / width, channels / width) : (facts.NumHeads, facts.NumHeadsUpsample ?? facts.NumHeads);
                var attends = flags.AttentionResolutions.Contains(1 << level);
                Assert.True(network.Heads(channels) == down || !(attends || level == levels - 1), "the reference's heads on the way down and in the middle");
                Assert.True(network.Heads(channels, up: true) == up || !attends, "the reference's heads on the way up");
            }
        },
        iter: 300,
        threads: 1);

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Queries_keys_and_values_are_the_rows_that_the_reference_takes(int heads, bool newOrder)
    {
        using var folder = new TemporaryFolder();
        var module = new GuidedFlags { ChannelMult = [1], AttentionResolutions = [1] }.Module();
        SafetensorsWriter.Write(folder["m.safetensors"], module.Values());
        var facts = new CheckpointFacts { Height = 8, Width = 8, NumHeads = heads, UseNewAttentionOrder = newOrder };
        var model = Read(module.Infos(), facts);
        var graph = model.Network.Build();
        using var reader = WeightsReader.Open(folder["m.safetensors"], model.Set, model.Network, graph);
        var (ours, theirs) = (reader.ReadAll().ToDictionary(), module.Values().ToDictionary());
        var width = 32 / heads;
        foreach (var (block, name) in (ReadOnlySpan<(string, string)>)[("mid_block.attentions.0", "middle_block.1"), ("down_blocks.0.attentions.0", "input_blocks.1.1"), ("up_blocks.0.attentions.1", "output_blocks.1.1")])
        {
            for (var part = 0; part < 3; part++)
            {
                for (var row = 0; row < 32; row++)
                {
                    // QKVAttentionLegacy: reshape(heads, 3·width).split(width); QKVAttention: chunk(3), then view(heads, width).
                    var (head, channel) = (row / width, row % width);
                    var at = newOrder ? (part * 32) + (head * width) + channel : (head * 3 * width) + (part * width) + channel;
                    Assert.Equal(theirs[$"{name}.qkv.weight"].Data[(at * 32)..((at + 1) * 32)], ours[$"{block}.to_{"qkv"[part]}.weight"].Data[(row * 32)..((row + 1) * 32)]);
                    Assert.Equal(theirs[$"{name}.qkv.bias"].Data[at], ours[$"{block}.to_{"qkv"[part]}.bias"].Data[row]);
                }
            }
        }
    }

    // The flags of the READMEs, and the sizes of the papers (Diffusion Models Beat GANs, table 4; the names of improved-diffusion's files).
    public static TheoryData<string, int> Published => new()
    {
        { "guided 64", 296 }, { "guided 128", 422 }, { "guided 256", 554 }, { "guided 512", 559 }, { "guided 256 uncond", 553 },
        { "improved cifar10", 53 }, { "improved imagenet64", 121 }, { "improved imagenet64 cond", 273 }, { "improved lsun", 114 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_models_have_the_parameters_that_were_published(string name, int millions)
    {
        var (flags, facts) = Flags(name);
        var module = flags.Module();
        var model = Read(module.Infos(), facts);
        var graph = model.Network.Build();
        WeightsMap.Find(name, module.Infos(), graph, LayoutNames.Mapping(model.Set.Layout, model.Network, module.Infos()));
        Assert.Equal(module.Parameters, graph.ParameterCount);
        Assert.Equal(millions, (int)Math.Round(graph.ParameterCount / 1e6));
        Assert.Equal(name is "guided 128" or "guided 512" || name.StartsWith("improved", StringComparison.Ordinal) && name != "improved lsun" ? UNetConfigJson.OwnClass : UNetConfigJson.DiffusersClass, UNetConfigJson.ClassOf((UNetConfig)model.Network));
    }

    [Fact]
    public void The_same_number_of_heads_at_one_width_is_a_width_of_heads()
    {
        var one = Network([1, 2], [2], new() { Height = 8, Width = 8, NumHeads = 4 });
        Assert.Equal((16, null, null), (one.AttentionHeadDim, one.AttentionHeads, one.AttentionHeadsUp));
        Assert.Equal(UNetConfigJson.DiffusersClass, UNetConfigJson.ClassOf(one));
        Assert.Equal(16, Network([1, 2], [2], new() { Height = 8, Width = 8, NumHeads = 4, NumHeadsUpsample = 4 }).AttentionHeadDim);

        var two = Network([1, 2], [1], new() { Height = 8, Width = 8, NumHeads = 4 });
        Assert.Equal((null, 4, null), (two.AttentionHeadDim, two.AttentionHeads, two.AttentionHeadsUp));
        var up = Network([1, 2], [2], new() { Height = 8, Width = 8, NumHeads = 4, NumHeadsUpsample = 2 });
        Assert.Equal((null, 4, 2), (up.AttentionHeadDim, up.AttentionHeads, up.AttentionHeadsUp));

        // The reference takes no notice of the numbers where the width is given.
        Assert.Equal(8, Network([1, 2], [1], new() { Height = 8, Width = 8, NumHeads = 4, NumHeadChannels = 8, NumHeadsUpsample = 2 }).AttentionHeadDim);
    }

    [Fact]
    public void Schedule_and_scale_of_time_are_as_told()
    {
        var infos = new GuidedFlags { OutChannels = 6 }.Module().Infos();
        var model = Read(infos, Heads with { NoiseSchedule = "cosine", DiffusionSteps = 4000, RescaleTimesteps = true, Prediction = PredictionType.Sample, Clip = false });
        Assert.Equal(NoiseSchedule.Cosine(4000), model.Scheduler.ToSchedule());
        Assert.Equal(0.25, ((UNetConfig)model.Network).TimestepScale);
        Assert.Equal((PredictionType.Sample, false), (model.Scheduler.PredictionType, model.Scheduler.ClipSample));
        Assert.Empty(model.Notes);

        model = Read(infos, Heads with { DiffusionSteps = 500 });
        Assert.Equal(NoiseSchedule.LinearScaledT(500), model.Scheduler.ToSchedule());
        Assert.True(model.Scheduler.ClipSample);
        Assert.Equal(3, model.Notes.Count);
        Assert.Equal(1, ((UNetConfig)Read(infos, Heads with { RescaleTimesteps = true }).Network).TimestepScale);
    }

    [Fact]
    public void What_is_not_said_is_asked_for()
    {
        var infos = new GuidedFlags().Module().Infos();
        Refused("num_head_channels=64,image_size=64", infos, new());
        Refused("num_heads=4", infos, Heads with { NumHeadChannels = null });
        Refused("image_size=64", infos, Heads with { Height = null, Width = null });
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => Read(infos, Heads with { NoiseSchedule = "magic" })).Kind);
    }

    [Theory]
    [InlineData("classifier", "no output_blocks")]
    [InlineData("text", "cross attention")]
    [InlineData("upsampler", "SuperResModel")]
    [InlineData("cut", "output_blocks.0.0.in_layers.0.weight")]
    [InlineData("odd", "no levels")]
    [InlineData("no middle", "middle_block.0.emb_layers.1.weight")]
    [InlineData("scalar", "a weight was expected")]
    public void Other_networks_are_refused_with_the_reason(string change, string reason)
    {
        var infos = (change == "upsampler" ? new GuidedFlags { InChannels = 6, OutChannels = 6 } : new GuidedFlags()).Module().Infos();
        foreach (var name in infos.Keys.Where(k => change switch
        {
            "classifier" => k.StartsWith("output_blocks.", StringComparison.Ordinal),
            "cut" => k == "output_blocks.0.0.in_layers.0.weight",
            "odd" => k.StartsWith("output_blocks.3.0.in_layers.0", StringComparison.Ordinal),
            "no middle" => k.StartsWith("middle_block.0.", StringComparison.Ordinal),
            _ => false,
        }).ToList())
        {
            infos.Remove(name);
        }

        if (change == "text")
        {
            infos.Add("input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight", new("x", TensorDtype.F32, [32, 32], 0));
        }
        else if (change == "scalar")
        {
            infos["time_embed.0.weight"] = new("x", TensorDtype.F32, [], 0);
        }

        Refused(reason, infos, Heads);
    }

    private static void Refused(string reason, Dictionary<string, TensorInfo> infos, CheckpointFacts facts)
    {
        var e = Assert.Throws<DiffusionException>(() => Read(infos, facts));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(reason, e.Message);
        Assert.Contains("model.pt", e.Message);
    }

    private static CheckpointModel Read(Dictionary<string, TensorInfo> infos, CheckpointFacts facts) => GuidedLayout.Read("model.pt", infos, new StateDict(WeightsLayout.Guided, "", false), facts);

    private static UNetConfig Network(double[] mult, int[] attention, CheckpointFacts facts) =>
        (UNetConfig)Read(new GuidedFlags { ChannelMult = mult, AttentionResolutions = attention }.Module().Infos(), facts).Network;

    private static (GuidedFlags Flags, CheckpointFacts Facts) Draw(Random random)
    {
        var levels = random.Next(1, 5);
        double[] mults = [0.5, 1, 1, 2, 3];
        var (by, learned, input) = (random.Next(3), random.Next(2) == 0, random.Next(2) == 0 ? 3 : 1);
        return (
            new()
            {
                ModelChannels = 64 * random.Next(1, 3),
                ChannelMult = [.. Enumerable.Range(0, levels).Select(_ => mults[random.Next(mults.Length)])],
                NumResBlocks = random.Next(1, 4),
                AttentionResolutions = [.. Enumerable.Range(0, levels).Where(_ => random.Next(2) == 0).Select(l => 1 << l)],
                ConvResample = random.Next(2) == 0,
                ResblockUpdown = random.Next(2) == 0,
                ScaleShift = random.Next(2) == 0,
                NumClasses = random.Next(2) == 0 ? random.Next(1, 12) : null,
                InChannels = input,
                OutChannels = learned ? 2 * input : input,
            },
            new()
            {
                Height = 16,
                Width = 24,
                NumHeadChannels = by == 0 ? 16 << random.Next(2) : null,
                NumHeads = by == 0 ? null : 1 << random.Next(3),
                NumHeadsUpsample = by == 2 ? 1 << random.Next(3) : null,
                UseNewAttentionOrder = random.Next(2) == 0,
            });
    }

    private static (GuidedFlags Flags, CheckpointFacts Facts) Flags(string name)
    {
        var guided = new GuidedFlags { OutChannels = 6, ModelChannels = 256, NumResBlocks = 2, ScaleShift = true, ResblockUpdown = true, NumClasses = 1000 };
        var improved = new GuidedFlags { OutChannels = 6, ModelChannels = 128, NumResBlocks = 3, ScaleShift = true };
        return name switch
        {
            "guided 64" => (guided with { ModelChannels = 192, NumResBlocks = 3, ChannelMult = [1, 2, 3, 4], AttentionResolutions = [2, 4, 8] }, Facts(64, width: 64)),
            "guided 128" => (guided with { ChannelMult = [1, 1, 2, 3, 4], AttentionResolutions = [4, 8, 16] }, Facts(128, heads: 4)),
            "guided 256" => (guided with { ChannelMult = [1, 1, 2, 2, 4, 4], AttentionResolutions = [8, 16, 32] }, Facts(256, width: 64)),
            "guided 256 uncond" => (guided with { ChannelMult = [1, 1, 2, 2, 4, 4], AttentionResolutions = [8, 16, 32], NumClasses = null }, Facts(256, width: 64)),
            "guided 512" => (guided with { ChannelMult = [0.5, 1, 1, 2, 2, 4, 4], AttentionResolutions = [16, 32, 64] }, Facts(512, width: 64)),
            "improved cifar10" => (improved with { ChannelMult = [1, 2, 2, 2], AttentionResolutions = [2, 4] }, Facts(32, heads: 4, rescale: true)),
            "improved imagenet64" => (improved with { ChannelMult = [1, 2, 3, 4], AttentionResolutions = [4, 8] }, Facts(64, heads: 4, rescale: true)),
            "improved imagenet64 cond" => (improved with { ModelChannels = 192, ChannelMult = [1, 2, 3, 4], AttentionResolutions = [4, 8], NumClasses = 1000 }, Facts(64, heads: 4)),
            _ => (improved with { NumResBlocks = 2, ChannelMult = [1, 1, 2, 2, 4, 4], AttentionResolutions = [16], ScaleShift = false }, Facts(256, heads: 1) with { DiffusionSteps = 1000 }),
        };

        static CheckpointFacts Facts(int size, int? width = null, int? heads = null, bool? rescale = null) =>
            new() { Height = size, Width = size, NumHeadChannels = width, NumHeads = heads, RescaleTimesteps = rescale, DiffusionSteps = rescale is null ? null : 4000 };
    }
}
