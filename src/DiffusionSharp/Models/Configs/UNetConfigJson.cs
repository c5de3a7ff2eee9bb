using System.Text.Json;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A <see cref="UNetConfig"/> as diffusers' <c>unet/config.json</c>, both ways. Keys that are absent have UNet2DModel's own
/// defaults (which are not those of <see cref="UNetConfig"/>). An option outside what is supported is an error, never ignored.
/// </summary>
internal static class UNetConfigJson
{
    /// <summary>The class of a network that UNet2DModel can express.</summary>
    internal const string DiffusersClass = "UNet2DModel";

    /// <summary>
    /// The class of one it cannot (average pooling instead of strided convolutions, another width of the first convolution or of the
    /// sinusoid, a fixed number of heads, scaled timesteps): diffusers refuses it by name.
    /// </summary>
    internal const string OwnClass = "DiffusionSharpUNet2DModel";

    internal const string DiffusersVersion = "0.35.0";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, usually <c>unet/config.json</c>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: unreadable, or with unsupported options, all of which are named.</exception>
    public static UNetConfig Read(string path) => Parse(ConfigReader.ReadText(path), path);

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Names the text in messages.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: malformed, or with unsupported options, all of which are named.</exception>
    public static UNetConfig Parse(string json, string source) => Parse(json, source, null);

    /// <summary>As above, with the size of the images where the text does not say it.</summary>
    internal static UNetConfig Parse(string json, string source, (int Rows, int Columns)? size)
    {
        var r = ConfigReader.Parse(source, json);
        var own = r.Required("_class_name", DiffusersClass, OwnClass) == OwnClass;
        var (rows, columns) = r.Size("sample_size", size);
        r.Text("time_embedding_type", "positional", "positional");
        r.Text("act_fn", "silu", "silu", "swish");
        r.Ignore("attention_legacy_order", e => e.ValueKind == JsonValueKind.False, "false");
        LayoutJson.Read(r);
        EmaModelJson.Read(r);
        r.Ignore("num_train_timesteps", _ => true, ""); // Only time_embedding_type "learned" looks at it.
        var config = new UNetConfig
        {
            Height = rows,
            Width = columns,
            InChannels = r.Int("in_channels", 3),
            OutChannels = r.Int("out_channels", 3),
            CenterInputSample = r.Bool("center_input_sample", false),
            FreqShift = r.Double("freq_shift", 0),
            FlipSinToCos = r.Bool("flip_sin_to_cos", true),
            DownBlockTypes = [.. r.Texts("down_block_types", ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"])],
            UpBlockTypes = [.. r.Texts("up_block_types", ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"])],
            MidBlock = r.OptionalText("mid_block_type", "UNetMidBlock2D", "UNetMidBlock2D") is not null,
            AddAttention = r.Bool("add_attention", true),
            BlockOutChannels = [.. r.Ints("block_out_channels", [224, 448, 672, 896])],
            LayersPerBlock = r.Int("layers_per_block", 2),
            MidBlockScaleFactor = r.Double("mid_block_scale_factor", 1),
            DownsamplePadding = r.Int("downsample_padding", 1),
            DownsampleType = r.Text("downsample_type", "conv", "conv", "resnet"),
            UpsampleType = r.Text("upsample_type", "conv", "conv", "resnet"),
            BaseChannels = own ? r.OptionalInt("base_channels", null) : null,
            TimeChannels = own ? r.OptionalInt("time_channels", null) : null,
            TimestepScale = own ? r.Double("timestep_scale", 1) : 1,
            AttentionHeads = own ? r.OptionalInt("attention_heads", null) : null,
            AttentionHeadsUp = own ? r.OptionalInt("attention_heads_up", null) : null,
            ResampleWithConv = !own || r.Bool("resample_with_conv", true),
            Dropout = r.Double("dropout", 0),
            AttentionHeadDim = r.OptionalInt("attention_head_dim", 8),
            NormNumGroups = r.Int("norm_num_groups", 32),
            AttnNormNumGroups = r.OptionalInt("attn_norm_num_groups", null),
            NormEps = r.Double("norm_eps", 1e-5),
            ResnetTimeScaleShift = r.Text("resnet_time_scale_shift", "default", "default", "scale_shift"),
            ClassEmbedType = r.OptionalText("class_embed_type", null, "timestep", "identity"),
            NumClassEmbeds = r.OptionalInt("num_class_embeds", null),
            NullClass = r.OptionalInt("_null_class", null),
            ClassNames = [.. r.Texts("_class_names", [])],
        };
        if (r.OptionalInt("time_embedding_dim", null) is int dim && config.Levels > 0 && dim != config.TimeEmbedDim)
        {
            r.Add($"time_embedding_dim is {dim} (supported: null, or four times the sinusoid's width)");
        }

        r.Done(() => config.Build());
        return config;
    }

    /// <summary>JSON text that diffusers reads as the same network, and <see cref="Parse(string, string)"/> as an equal record.</summary>
    /// <param name="config">The network's options.</param>
    public static string ToJson(UNetConfig config) => ToJson(config, WeightsLayout.Diffusers);

    internal static string ToJson(UNetConfig config, WeightsLayout layout)
    {
        ArgumentNullException.ThrowIfNull(config);
        return JsonText.Write(json =>
        {
            json.WriteString("_class_name", ClassOf(config));
            json.WriteString("_diffusers_version", DiffusersVersion);

            // diffusers takes no notice of keys that begin with '_'.
            if (layout != WeightsLayout.Diffusers)
            {
                json.WriteString(LayoutJson.Key, LayoutJson.Name(layout));
            }

            if (config.ClassNames.Count > 0)
            {
                JsonText.List(json, "_class_names", config.ClassNames, json.WriteStringValue);
            }

            if (config.NullClass is int none)
            {
                json.WriteNumber("_null_class", none);
            }

            json.WriteString("act_fn", "silu");
            json.WriteBoolean("add_attention", config.AddAttention);
            JsonText.Number(json, "attention_head_dim", config.AttentionHeadDim);
            JsonText.Number(json, "attn_norm_num_groups", config.AttnNormNumGroups);
            JsonText.List(json, "block_out_channels", config.BlockOutChannels, json.WriteNumberValue);
            json.WriteBoolean("center_input_sample", config.CenterInputSample);
            json.WriteString("class_embed_type", config.ClassEmbedType);
            JsonText.List(json, "down_block_types", config.DownBlockTypes, json.WriteStringValue);
            json.WriteNumber("downsample_padding", config.DownsamplePadding);
            json.WriteString("downsample_type", config.DownsampleType);
            json.WriteNumber("dropout", config.Dropout);
            json.WriteBoolean("flip_sin_to_cos", config.FlipSinToCos);
            json.WriteNumber("freq_shift", config.FreqShift);
            json.WriteNumber("in_channels", config.InChannels);
            json.WriteNumber("layers_per_block", config.LayersPerBlock);
            json.WriteNumber("mid_block_scale_factor", config.MidBlockScaleFactor);
            json.WriteString("mid_block_type", config.MidBlock ? "UNetMidBlock2D" : null);
            json.WriteNumber("norm_eps", config.NormEps);
            json.WriteNumber("norm_num_groups", config.NormNumGroups);
            JsonText.Number(json, "num_class_embeds", config.NumClassEmbeds);
            json.WriteNumber("out_channels", config.OutChannels);
            Own(json, config);

            json.WriteString("resnet_time_scale_shift", config.ResnetTimeScaleShift);
            JsonText.Size(json, "sample_size", config.Height, config.Width);
            json.WriteString("time_embedding_type", "positional");
            JsonText.List(json, "up_block_types", config.UpBlockTypes, json.WriteStringValue);
            json.WriteString("upsample_type", config.UpsampleType);
        });
    }

    internal static string ClassOf(UNetConfig config) => config is
    {
        BaseChannels: null, TimeChannels: null, TimestepScale: 1, AttentionHeads: null, AttentionHeadsUp: null, ResampleWithConv: true,
    }
        ? DiffusersClass
        : OwnClass;

    // The options of our own class that are not at their default.
    private static void Own(Utf8JsonWriter json, UNetConfig config)
    {
        Span<(string Name, int? Value)> numbers =
        [
            ("base_channels", config.BaseChannels), ("time_channels", config.TimeChannels),
            ("attention_heads", config.AttentionHeads), ("attention_heads_up", config.AttentionHeadsUp),
        ];
        foreach (var (name, value) in numbers)
        {
            if (value is int n)
            {
                json.WriteNumber(name, n);
            }
        }

        if (config.TimestepScale != 1)
        {
            json.WriteNumber("timestep_scale", config.TimestepScale);
        }

        if (!config.ResampleWithConv)
        {
            json.WriteBoolean("resample_with_conv", false);
        }
    }
}
