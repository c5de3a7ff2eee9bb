using DiffusionSharp.Files;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using TestKit;

namespace DiffusionSharp.Tests.Networks;

public class UNetTests
{
    [Theory]
    [InlineData(32, 128, new[] { 1, 2, 2, 2 }, 16, 35_746_307)]
    [InlineData(64, 128, new[] { 1, 2, 2, 2, 4 }, 16, 78_700_803)]
    [InlineData(256, 128, new[] { 1, 1, 2, 2, 4, 4 }, 16, 113_673_219)]
    [InlineData(96, 64, new[] { 1, 2, 2, 4 }, 12, 18_204_803)]
    [InlineData(96, 128, new[] { 1, 2, 2, 2, 4 }, 24, 78_700_803)]
    [InlineData(96, 128, new[] { 1, 1, 2, 2, 4 }, 12, 71_436_803)]
    public void The_published_networks_have_their_numbers_of_parameters(int size, int channels, int[] multipliers, int attention, long parameters) =>
        Assert.Equal(parameters, UNet.Build(UNetConfig.Ddpm(new ImageShape(3, size, size), channels, multipliers, 2, [attention])).ParameterCount);

    // Dhariwal and Nichol 2021, tables 4 and 12: their ImageNet networks, class-conditional with learned variance, in millions.
    [Theory]
    [InlineData(64, 192, new[] { 2, 4, 6, 8 }, 3, 296)]
    [InlineData(128, 256, new[] { 2, 2, 4, 6, 8 }, 2, 422)]
    [InlineData(256, 256, new[] { 2, 2, 4, 4, 8, 8 }, 2, 554)]
    [InlineData(512, 256, new[] { 1, 2, 2, 4, 4, 8, 8 }, 2, 559)]
    public void Guided_diffusion_s_networks_have_their_numbers_of_parameters(int size, int channels, int[] halves, int layers, int millions)
    {
        var graph = UNet.Build(Guided(size, channels, halves, layers));
        Assert.Equal(millions, Math.Round(graph.ParameterCount / 1e6));
        Assert.Equal(6, graph.OutputShape.Channels);

        // At 512 the first level is half as wide as the sinusoid.
        Assert.Equal([4 * channels, channels], graph.Parameters.Single(p => p.Name == "time_embedding.linear_1.weight").Shape);
        Assert.Equal([channels * halves[0] / 2, 3, 3, 3], graph.Parameters.Single(p => p.Name == "conv_in.weight").Shape);
    }

    [Fact]
    public void Heads_by_number_are_the_same_at_every_level_and_may_differ_on_the_way_up()
    {
        var config = UNetConfig.Ddpm(new ImageShape(3, 16, 16), 8, [1, 2], 1, [16, 8]) with { NormNumGroups = 4, AttentionHeads = 4, AttentionHeadsUp = 2, TimestepScale = 0.25, ClassEmbedType = "timestep" };
        var graph = UNet.Build(config);
        var heads = graph.Nodes.Where(n => n.Operation is Operation.Attention).ToLookup(n => n.Name[..2], n => ((Operation.Attention)n.Operation).Heads);
        Assert.Equal([4, 4, 4, 2, 2, 2, 2], [.. heads["do"], .. heads["mi"], .. heads["up"]]);
        Assert.All(UNet.Build(config with { AttentionHeadsUp = null }).Nodes.Select(n => n.Operation).OfType<Operation.Attention>(), a => Assert.Equal(4, a.Heads));

        // The label is no timestep.
        Assert.Equal([("time_proj", 0.25), ("class_proj", 1.0)], graph.Nodes.Where(n => n.Operation is Operation.TimestepEmbedding).Select(n => (n.Name, ((Operation.TimestepEmbedding)n.Operation).Scale)));
    }

    [Theory]
    [InlineData(3, null, 8, "attention_heads 3 does not divide the attention's channels 16")]
    [InlineData(4, 3, 8, "3 heads")]
    [InlineData(null, 2, 8, "attention_heads_up 2 needs attention_heads")]
    [InlineData(4, null, 0, "time_channels 0")]
    [InlineData(4, null, -8, "timestep_scale -8")]
    public void Heads_and_times_that_cannot_be_are_refused(int? heads, int? up, int time, string message)
    {
        var config = UNetConfig.Ddpm(new ImageShape(3, 16, 16), 8, [1, 2], 1, [8]) with { NormNumGroups = 4, AttentionHeads = heads, AttentionHeadsUp = up };
        config = time < 0 ? config with { TimestepScale = time } : config with { TimeChannels = time };
        Assert.Contains(message, Assert.Throws<DiffusionException>(() => UNet.Build(config)).Message, StringComparison.Ordinal);
        var both = config with { AttentionHeads = 4, AttentionHeadDim = 4 };
        Assert.Contains("exclude each other", Assert.Throws<DiffusionException>(() => UNet.Build(both)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_configuration_is_the_CIFAR_10_network() =>
        Assert.Equal(UNetConfig.Ddpm(new ImageShape(3, 32, 32), 128, [1, 2, 2, 2], 2, [16]), new UNetConfig());

    [Fact]
    public void Without_attention_but_in_the_middle_it_is_smaller() =>
        Assert.Equal(77_382_403, UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 96, 96), 128, [1, 2, 2, 2, 4], 2, [])).ParameterCount);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("06_diffusers_unet2d_cifar10like")]
    public void Names_and_shapes_are_those_of_diffusers(string name)
    {
        var golden = new GoldenCase(name);
        using var file = TensorFiles.Open(golden.Path("diffusion_pytorch_model.safetensors"));
        var graph = UNet.Build(UNetConfigJson.Read(golden.Path("config.json")));
        Assert.Equal(
            file.Tensors.Select(t => $"{t.Key} [{string.Join(", ", t.Value.Shape)}]").Order(StringComparer.Ordinal),
            graph.Parameters.Select(p => $"{p.Name} {p.Shape}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(1, 28, 32)]
    [InlineData(3, 8, 64)]
    [InlineData(5, 16, 4)]
    public void The_prediction_has_the_shape_of_the_input(int channels, int height, int width)
    {
        var shape = new ImageShape(channels, height, width);
        var graph = UNet.Build(UNetConfig.Ddpm(shape, 7, [1, 3, 1], 1, []) with { NormNumGroups = 7 });
        Assert.Equal(shape, graph.InputShape);
        Assert.Equal(shape, graph.OutputShape);
    }

    [Fact]
    public void Every_node_reads_what_was_computed_before_it_and_every_value_is_used()
    {
        foreach (var config in Variants())
        {
            var graph = UNet.Build(config);
            var used = new HashSet<int>();
            foreach (var (i, node) in graph.Nodes.Index())
            {
                Assert.All(node.Inputs, input => Assert.InRange(input, 0, i - 1));
                used.UnionWith(node.Inputs);
            }

            Assert.Equal(graph.Nodes.Count - 1, used.Count);
            Assert.Equal(graph.Parameters.Count, graph.Parameters.DistinctBy(p => p.Name).Count());
        }
    }

    [Fact]
    public void An_attention_resolution_that_no_level_reaches_is_refused_with_those_that_are()
    {
        var e = Assert.Throws<DiffusionException>(() => UNetConfig.Ddpm(new ImageShape(3, 96, 96), 128, [1, 2, 2, 2, 4], 2, [16]));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("16", e.Message);
        Assert.Contains("96, 48, 24, 12, 6", e.Message);
    }

    [Fact]
    public void A_size_that_cannot_be_halved_and_channels_that_cannot_be_grouped_are_refused_with_the_numbers()
    {
        var e = Assert.Throws<DiffusionException>(() => UNet.Build(new UNetConfig { Height = 28, Width = 30, BlockOutChannels = [128, 200, 256, 256] }));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("28×30 is not divisible by 8", e.Message);
        Assert.Contains("200 channels are not divisible by 32 groups", e.Message);
    }

    [Fact]
    public void Every_problem_is_listed_at_once()
    {
        var e = Assert.Throws<DiffusionException>(() => UNet.Build(new UNetConfig
        {
            UpBlockTypes = ["UpBlock2D"],
            DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
            LayersPerBlock = 0,
            Dropout = 1,
            DownsamplePadding = 2,
            ResnetTimeScaleShift = "ada",
            ClassEmbedType = "identity",
            NumClassEmbeds = 0,
            NormEps = 0,
            AttentionHeadDim = 7,
            InChannels = 0,
        }));
        string[] found = ["up_block_types 1", "CrossAttnDownBlock2D", "layers_per_block 0", "dropout 1", "downsample_padding 2", "'ada'", "'identity'", "num_class_embeds 0", "norm_eps", "attention_head_dim 7", "in_channels 0"];
        Assert.All(found, text => Assert.Contains(text, e.Message));
    }

    [Fact]
    public void Floating_point_operations_count_two_for_each_multiply_add()
    {
        // One level, no middle: conv_in, one block down, two up, conv_out, and the time embedding.
        var graph = UNet.Build(new UNetConfig
        {
            Height = 4,
            Width = 4,
            InChannels = 1,
            OutChannels = 1,
            BlockOutChannels = [2],
            DownBlockTypes = ["DownBlock2D"],
            UpBlockTypes = ["UpBlock2D"],
            LayersPerBlock = 1,
            NormNumGroups = 1,
            MidBlock = false,
            FreqShift = 0,
        });
        const int pixels = 16, conv = 9;
        var down = (conv * 2 * 2 * 2 * pixels) + (8 * 2);
        var up = (((conv * 4 * 2) + (conv * 2 * 2) + (4 * 2)) * pixels) + (8 * 2);
        var ends = 2 * conv * 1 * 2 * pixels;
        var time = (2 * 8) + (8 * 8);
        Assert.Equal(2 * (down + (2 * up) + ends + time), graph.FlopsPerImage);
    }

    private static UNetConfig Guided(int size, int channels, int[] halves, int layers)
    {
        var attention = Enumerable.Range(0, halves.Length).Select(l => size >> l is 32 or 16 or 8).ToArray();
        return new UNetConfig
        {
            Height = size,
            Width = size,
            OutChannels = 6,
            FreqShift = 0,
            FlipSinToCos = true,
            DownBlockTypes = [.. attention.Select(a => a ? "AttnDownBlock2D" : "ResnetDownsampleBlock2D")],
            UpBlockTypes = [.. attention.Reverse().Select(a => a ? "AttnUpBlock2D" : "ResnetUpsampleBlock2D")],
            DownsampleType = "resnet",
            UpsampleType = "resnet",
            BlockOutChannels = [.. halves.Select(m => m * channels / 2)],
            TimeChannels = channels,
            LayersPerBlock = layers,
            AttentionHeadDim = 64,
            AttnNormNumGroups = 32,
            NormEps = 1e-5,
            ResnetTimeScaleShift = "scale_shift",
            NumClassEmbeds = 1000,
        };
    }

    private static IEnumerable<UNetConfig> Variants()
    {
        var small = UNetConfig.Ddpm(new ImageShape(3, 16, 16), 8, [1, 2, 2], 2, [8]) with { NormNumGroups = 4 };
        return
        [
            small,
            small with { ResnetTimeScaleShift = "scale_shift", NumClassEmbeds = 10 },
            small with { ClassEmbedType = "timestep" },
            small with { MidBlock = false },
            small with { AddAttention = false, Dropout = 0.1 },
            small with { DownsampleType = "resnet", UpsampleType = "resnet", DownBlockTypes = ["AttnDownBlock2D", "ResnetDownsampleBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "ResnetUpsampleBlock2D", "AttnUpBlock2D"] },
            small with { ResampleWithConv = false },
            small with { CenterInputSample = true, FlipSinToCos = true, FreqShift = 0, MidBlockScaleFactor = 2, DownsamplePadding = 1, AttentionHeadDim = 4 },
            UNetConfig.Ddpm(new ImageShape(3, 16, 16), 8, [2, 1], 1, [8]) with { NormNumGroups = 4 },
            small with { AttentionHeads = 4, AttentionHeadsUp = 2, TimeChannels = 10, TimestepScale = 0.25 },
        ];
    }
}
