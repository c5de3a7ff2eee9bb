using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The classifier of OpenAI's guided-diffusion (unet.py, EncoderUNetModel with <c>pool="attention"</c>) from names and shapes of its state dict.</summary>
internal static class GuidedClassifierLayout
{
    private const string Positions = "out.2.positional_embedding";

    /// <summary>Whether a state dict may be one: a way down without a way up.</summary>
    public static bool Is(IReadOnlyDictionary<string, TensorInfo> dict) =>
        dict.ContainsKey("input_blocks.0.0.weight") && !dict.Keys.Any(k => k.StartsWith("output_blocks.", StringComparison.Ordinal));

    /// <summary>The network.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="dict">The state dict.</param>
    /// <param name="shape">The images it is to classify.</param>
    /// <param name="headChannels">Channels of an attention's head, which the file does not say.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is not that network, or one of other images.</exception>
    public static EncoderUNetConfig Read(string path, IReadOnlyDictionary<string, TensorInfo> dict, ImageShape shape, int headChannels)
    {
        var s = new StateDictShapes(path, dict);
        if (!Is(dict))
        {
            throw s.Bad("it is no classifier of guided-diffusion (EncoderUNetModel), which has input_blocks and no output_blocks");
        }

        if (!dict.ContainsKey(Positions))
        {
            throw s.Bad($"it has no tensor '{Positions}': of guided-diffusion's classifiers those that pool by attention are supported (classifier_pool=attention, as all released ones)");
        }

        var input = s.In("input_blocks.0.0.weight");
        if (input != shape.Channels)
        {
            throw s.Bad($"it classifies images of {input} channels, and these have {shape.Channels}");
        }

        var blocks = 1 + dict.Keys.Where(k => k.StartsWith("input_blocks.", StringComparison.Ordinal)).Select(k => k.Split('.')[1]).Where(n => n.All(char.IsAsciiDigit) && n.Length is > 0 and < 5).Max(Parsed.Index);
        var levels = Levels(s.Dimension(Positions, 1), shape);
        if (levels is not int count || blocks % count != 0 || blocks / count < 2 || !Fits(dict, blocks / count))
        {
            throw s.Bad($"it classifies images of another size than {shape}: it has {blocks} input_blocks and {s.Dimension(Positions, 1)} tokens to pool");
        }

        var perLevel = blocks / count;
        int[] widths = [.. Enumerable.Range(0, count).Select(l => s.Out($"input_blocks.{(l * perLevel) + 1}.0.out_layers.3.weight"))];
        bool[] attention = [.. Enumerable.Range(0, count).Select(l => HasAttention(dict, (l * perLevel) + 1))];
        var byResnet = dict.ContainsKey($"input_blocks.{perLevel}.0.in_layers.0.weight");
        return new EncoderUNetConfig
        {
            Classes = s.Out("out.2.c_proj.weight"),
            PoolHeadChannels = headChannels,
            Encoder = GuidedLayout.Network(s, widths, attention, perLevel - 1, byResnet) with
            {
                Height = shape.Height,
                Width = shape.Width,
                OutChannels = input,
                UpBlockTypes = [.. widths.Select(_ => byResnet ? "ResnetUpsampleBlock2D" : "UpBlock2D")],
                ResampleWithConv = byResnet || count == 1 || dict.ContainsKey($"input_blocks.{perLevel}.0.op.weight"),
                AttentionHeadDim = headChannels,
            },
        };
    }

    /// <summary>Where a classifier's parameter lies.</summary>
    public static SourceName Name(string name, EncoderUNetConfig config) => name.Split('.') switch
    {
        ["pool", "positions"] => new(Positions),
        ["pool", "to_q" or "to_k" or "to_v", var p] => new($"out.2.qkv_proj.{p}") { Parts = 3, Part = "qkv".IndexOf(name[8], StringComparison.Ordinal) },
        ["pool", "to_out", var p] => new($"out.2.c_proj.{p}"),
        _ => GuidedNames.Map(name, config.Encoder, newOrder: false),
    };

    // Each level but the last halves the image; at the end its pixels are tokens, behind their mean.
    private static int? Levels(int tokens, ImageShape shape)
    {
        for (var (level, height, width) = (1, shape.Height, shape.Width); height > 0 && width > 0; (level, height, width) = (level + 1, height / 2, width / 2))
        {
            if ((height * width) + 1 == tokens)
            {
                return level;
            }

            if (height % 2 != 0 || width % 2 != 0)
            {
                return null;
            }
        }

        return null;
    }

    // Channels change at the beginning of a level only, and what halves the image has no attention.
    private static bool Fits(IReadOnlyDictionary<string, TensorInfo> dict, int perLevel)
    {
        for (var n = 1; n < 10_000 && dict.Keys.Any(k => k.StartsWith($"input_blocks.{n}.", StringComparison.Ordinal)); n++)
        {
            var changes = dict.ContainsKey($"input_blocks.{n}.0.skip_connection.weight");
            if ((changes && n % perLevel != 1 && perLevel > 1) || (n % perLevel == 0 && HasAttention(dict, n))
                || (n % perLevel != 0 && HasAttention(dict, n) != HasAttention(dict, (n / perLevel * perLevel) + 1)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasAttention(IReadOnlyDictionary<string, TensorInfo> dict, int n) => dict.ContainsKey($"input_blocks.{n}.1.qkv.weight");
}
