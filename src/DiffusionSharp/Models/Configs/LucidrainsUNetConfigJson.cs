using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A <see cref="LucidrainsUNetConfig"/> as the <c>unet/config.json</c> of a model folder, both ways, under the names that
/// denoising-diffusion-pytorch gives its options. The class is one that diffusers refuses by name.
/// </summary>
internal static class LucidrainsUNetConfigJson
{
    internal const string Class = "LucidrainsUnet";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, usually <c>unet/config.json</c>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: unreadable, or with unsupported options, all of which are named.</exception>
    public static LucidrainsUNetConfig Read(string path) => Parse(ConfigReader.ReadText(path), path);

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Names the text in messages.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: malformed, or with unsupported options, all of which are named.</exception>
    public static LucidrainsUNetConfig Parse(string json, string source) => Parse(json, source, null);

    /// <summary>As above, with the size of the images where the text does not say it.</summary>
    internal static LucidrainsUNetConfig Parse(string json, string source, (int Rows, int Columns)? size)
    {
        var r = ConfigReader.Parse(source, json);
        r.Required("_class_name", Class);
        var (rows, columns) = r.Size("image_size", size);
        var config = new LucidrainsUNetConfig
        {
            Height = rows,
            Width = columns,
            Channels = r.Int("channels", 3),
            Dim = r.Int("dim", 64),
            InitDim = r.OptionalInt("init_dim", null),
            OutDim = r.OptionalInt("out_dim", null),
            DimMults = [.. r.Ints("dim_mults", [1, 2, 4, 8])],
            LearnedVariance = r.Bool("learned_variance", false),
            SinusoidalPosEmbTheta = r.Double("sinusoidal_pos_emb_theta", 10000),
            Dropout = r.Double("dropout", 0),
            AttnDimHead = [.. r.Ints("attn_dim_head", [32])],
            AttnHeads = [.. r.Ints("attn_heads", [4])],
            FullAttn = [.. r.Bools("full_attn", [])],
            NumMemKv = r.Int("num_mem_kv", 4),
        };
        foreach (var option in (string[])["self_condition", "learned_sinusoidal_cond", "random_fourier_features"])
        {
            r.Ignore(option, e => e.ValueKind == System.Text.Json.JsonValueKind.False, "false");
        }

        r.Done(() => config.Build());
        return config;
    }

    /// <summary>JSON text that <see cref="Parse(string, string)"/> reads as an equal record.</summary>
    /// <param name="config">The network's options.</param>
    public static string ToJson(LucidrainsUNetConfig config) => ToJson(config, WeightsLayout.Lucidrains);

    internal static string ToJson(LucidrainsUNetConfig config, WeightsLayout layout)
    {
        ArgumentNullException.ThrowIfNull(config);
        return JsonText.Write(json =>
        {
            json.WriteString("_class_name", Class);
            json.WriteString(LayoutJson.Key, LayoutJson.Name(layout));
            JsonText.List(json, "attn_dim_head", config.AttnDimHead, json.WriteNumberValue);
            JsonText.List(json, "attn_heads", config.AttnHeads, json.WriteNumberValue);
            json.WriteNumber("channels", config.Channels);
            json.WriteNumber("dim", config.Dim);
            JsonText.List(json, "dim_mults", config.DimMults, json.WriteNumberValue);
            json.WriteNumber("dropout", config.Dropout);
            JsonText.List(json, "full_attn", config.FullAttn, json.WriteBooleanValue);
            JsonText.Size(json, "image_size", config.Height, config.Width);
            JsonText.Number(json, "init_dim", config.InitDim);
            json.WriteBoolean("learned_variance", config.LearnedVariance);
            json.WriteNumber("num_mem_kv", config.NumMemKv);
            JsonText.Number(json, "out_dim", config.OutDim);
            json.WriteNumber("sinusoidal_pos_emb_theta", config.SinusoidalPosEmbTheta);
        });
    }
}
