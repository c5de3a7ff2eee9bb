using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Tests.Files.Kit;
using TestKit;

namespace DiffusionSharp.Tests.Models.Configs;

public class UNetConfigJsonTests
{
    /// <summary>unet/config.json of google/ddpm-cifar10-32, as it is on the hub.</summary>
    internal const string Cifar10 = """
        {
          "_class_name": "UNet2DModel",
          "_diffusers_version": "0.0.4",
          "act_fn": "silu",
          "attention_head_dim": null,
          "block_out_channels": [128, 256, 256, 256],
          "center_input_sample": false,
          "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
          "downsample_padding": 0,
          "flip_sin_to_cos": false,
          "freq_shift": 1,
          "in_channels": 3,
          "layers_per_block": 2,
          "mid_block_scale_factor": 1,
          "norm_eps": 1e-06,
          "norm_num_groups": 32,
          "out_channels": 3,
          "sample_size": 32,
          "time_embedding_type": "positional",
          "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]
        }
        """;

    [Fact]
    public void The_hub_s_cifar10_model_is_our_default_and_has_the_known_size()
    {
        var config = UNetConfigJson.Parse(Cifar10, "test");
        Assert.Equal(new UNetConfig(), config);
        Assert.Equal(35_746_307, UNet.Build(config).ParameterCount);
    }

    [Fact]
    public void Absent_options_have_UNet2DModel_s_own_defaults()
    {
        var config = UNetConfigJson.Parse("""{"_class_name":"UNet2DModel","sample_size":[64,32]}""", "test");
        Assert.Equal((64, 32), (config.Height, config.Width));
        Assert.Equal([224, 448, 672, 896], config.BlockOutChannels);
        Assert.Equal(["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"], config.DownBlockTypes);
        Assert.Equal(["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"], config.UpBlockTypes);
        Assert.Equal((0, true, 1, 8, 1e-5), (config.FreqShift, config.FlipSinToCos, config.DownsamplePadding, config.AttentionHeadDim, config.NormEps));
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_record_round_trips(string name, UNetConfig config)
    {
        var json = UNetConfigJson.ToJson(config);
        Assert.Equal(config, UNetConfigJson.Parse(json, name));
        Assert.Equal(json, UNetConfigJson.ToJson(UNetConfigJson.Parse(json, name)));
    }

    public static TheoryData<string, UNetConfig> Configs => new()
    {
        { "default", new UNetConfig() },
        { "not square", new UNetConfig { Height = 48, Width = 32 } },
        { "pooling", new UNetConfig { ResampleWithConv = false } },
        { "wide first level", UNetConfig.Ddpm(new ImageShape(1, 16, 16), 32, [2, 1], 1, [8]) },
        { "odd numbers", new UNetConfig { NormEps = 1.2345678901234567e-7, Dropout = 0.1, MidBlockScaleFactor = Math.Sqrt(2), FreqShift = 0.5 } },
        { "guided", new UNetConfig { NumClassEmbeds = 3, NullClass = 2, ClassNames = ["cats", "Käfer \"x\"\n"] } },
        { "conditional", new UNetConfig { NumClassEmbeds = 10, ResnetTimeScaleShift = "scale_shift", AttentionHeadDim = 64, AddAttention = false } },
        { "heads by number", new UNetConfig { AttentionHeads = 4, AttentionHeadsUp = 2 } },
        { "time", new UNetConfig { TimeChannels = 96, TimestepScale = 0.25 } },
        { "no middle", new UNetConfig { MidBlock = false, DownsampleType = "resnet", UpsampleType = "resnet", AttnNormNumGroups = 16, ClassEmbedType = "timestep" } },
    };

    [Theory]
    [InlineData("06_diffusers_unet2d_cifar10like", SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("06_diffusers_unet2d_scale_shift_class_noattnmid", SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void What_diffusers_saved_is_written_again_key_by_key(string golden)
    {
        var path = Shared.Path("goldens", golden, "config.json");
        var theirs = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var ours = JsonNode.Parse(UNetConfigJson.ToJson(UNetConfigJson.Read(path)))!.AsObject();
        foreach (var key in new[] { "_diffusers_version", "num_train_timesteps", "time_embedding_dim" })
        {
            theirs.Remove(key);
            ours.Remove(key);
        }

        Assert.True(JsonNode.DeepEquals(theirs, ours), $"{theirs}\n{ours}");
    }

    [Fact]
    public void A_network_that_UNet2DModel_cannot_express_has_a_class_that_diffusers_refuses()
    {
        UNetConfig[] all =
        [
            new() { ResampleWithConv = false }, new() { BaseChannels = 64 }, new() { TimeChannels = 64 }, new() { TimestepScale = 0.5 }, new() { AttentionHeads = 4 },
        ];
        foreach (var json in all.Select(UNetConfigJson.ToJson))
        {
            Assert.Contains("\"DiffusionSharpUNet2DModel\"", json, StringComparison.Ordinal);
            Assert.DoesNotContain("\"UNet2DModel\"", json, StringComparison.Ordinal);

            // Under diffusers' class nobody has heard of the option.
            var e = Assert.Throws<DiffusionException>(() => UNetConfigJson.Parse(json.Replace("DiffusionSharpUNet2DModel", "UNet2DModel", StringComparison.Ordinal), "x"));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
        }

        Assert.Contains("\"UNet2DModel\"", UNetConfigJson.ToJson(new UNetConfig()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"num_class_embeds\":3,\"_null_class\":1", "_null_class 1 must be the last row")]
    [InlineData("\"num_class_embeds\":1,\"_null_class\":0", "_null_class 0 must be the last row")]
    [InlineData("\"_null_class\":0", "_null_class 0 must be the last row")]
    [InlineData("\"num_class_embeds\":3,\"_null_class\":2,\"class_embed_type\":\"timestep\"", "_null_class 2")]
    [InlineData("\"num_class_embeds\":3,\"_null_class\":2,\"_class_names\":[\"a\",\"b\",\"c\"]", "3 names for 2 classes")]
    [InlineData("\"_class_names\":[\"a\"]", "1 names for 0 classes")]
    [InlineData("\"num_class_embeds\":3,\"_class_names\":[null]", "_class_names")]
    public void Classes_that_do_not_go_together_are_refused(string options, string message)
    {
        var e = Assert.Throws<DiffusionException>(() => UNetConfigJson.Parse(Cifar10.TrimEnd()[..^1] + $",{options}}}", "x/config.json"));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_without_classes_does_not_mention_them() =>
        Assert.DoesNotContain("\"_", UNetConfigJson.ToJson(new UNetConfig()).Replace("\"_class_name\"", "").Replace("\"_diffusers_version\"", ""), StringComparison.Ordinal);

    [Theory]
    [InlineData("time_embedding_type", "\"fourier\"", "positional")]
    [InlineData("time_embedding_dim", "100", "four times")]
    [InlineData("act_fn", "\"gelu\"", "silu")]
    [InlineData("mid_block_type", "\"UnCLIPUNetMidBlock2D\"", "UNetMidBlock2D")]
    [InlineData("attention_legacy_order", "true", "false")]
    [InlineData("class_embed_type", "\"projection\"", "timestep")]
    [InlineData("down_block_types", "[\"SkipDownBlock2D\",\"DownBlock2D\",\"DownBlock2D\",\"DownBlock2D\"]", "AttnDownBlock2D")]
    [InlineData("down_block_types", "[null]", "list of strings")]
    [InlineData("resample_with_conv", "false", "not known")]
    [InlineData("encoder_hid_dim", "5", "not known")]
    [InlineData("sample_size", "null", "image_size=64")]
    [InlineData("sample_size", "[32]", "[rows, columns]")]
    [InlineData("sample_size", "33", "divisible")]
    [InlineData("in_channels", "3.5", "integer")]
    [InlineData("in_channels", "99999999999", "integer")]
    [InlineData("norm_eps", "1e999", "finite")]
    [InlineData("norm_num_groups", "null", "integer")]
    [InlineData("block_out_channels", "[]", "block_out_channels")]
    [InlineData("block_out_channels", "7", "list of integers")]
    [InlineData("_class_name", "\"UNet2DConditionModel\"", "UNet2DModel")]
    [InlineData("_class_name", "3", "UNet2DModel")]
    public void An_unsupported_option_is_named_with_its_value_and_what_is_supported(string option, string value, string supported)
    {
        var json = JsonNode.Parse(Cifar10)!.AsObject();
        json.Remove(option);
        var text = json.ToJsonString()[..^1] + $",\"{option}\":{value}}}";
        var e = Assert.Throws<DiffusionException>(() => UNetConfigJson.Parse(text, "x/config.json"));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        foreach (var part in new[] { "x/config.json", option, supported })
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{\"sample_size\":32,\"sample_size\":64}")]
    [InlineData("{\"_class_name\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":[[[[[[[[[[[[1]]]]]]]]]]]]}")]
    public void What_is_no_configuration_is_refused(string text)
    {
        var e = Assert.Throws<DiffusionException>(() => UNetConfigJson.Parse(text, "x/config.json"));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("x/config.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_is_listed_at_once()
    {
        var e = Assert.Throws<DiffusionException>(() => UNetConfigJson.Parse("""{"_class_name":"UNet2DModel","sample_size":32,"act_fn":"mish","a":1,"b":2}""", "x"));
        Assert.Contains("act_fn is \"mish\"", e.Message, StringComparison.Ordinal);
        Assert.Contains("a is 1", e.Message, StringComparison.Ordinal);
        Assert.Contains("b is 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_text_never_raises_anything_else()
    {
        var valid = System.Text.Encoding.UTF8.GetBytes(Cifar10);
        var random = new Random(11);
        for (var i = 0; i < 3_000; i++)
        {
            var text = System.Text.Encoding.UTF8.GetString(Mutations.Apply(valid, random));
            try
            {
                UNetConfigJson.Parse(text, "x");
            }
            catch (DiffusionException e)
            {
                Assert.Equal(ErrorKind.ModelFile, e.Kind);
            }
        }
    }
}
