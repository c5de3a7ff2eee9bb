using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The parameter names of OpenAI's improved-diffusion and guided-diffusion (unet.py, class UNetModel).</summary>
internal static class GuidedNames
{
    /// <summary>Maps a name of ours: <c>down_blocks.1.resnets.0.conv1.weight</c> is, say, <c>input_blocks.4.0.in_layers.2.weight</c> there.</summary>
    /// <param name="name">A parameter of a network that <see cref="GuidedLayout"/> infers.</param>
    /// <param name="config">The network: blocks are numbered through all levels there.</param>
    /// <param name="newOrder">Whether attention's rows are all of q, then k, then v, instead of head by head.</param>
    public static SourceName Map(string name, UNetConfig config, bool newOrder)
    {
        var blocks = config.LayersPerBlock + 1;
        return name.Split('.') switch
        {
            ["conv_in", var p] => new($"input_blocks.0.0.{p}"),
            ["time_embedding", "linear_1", var p] => new($"time_embed.0.{p}"),
            ["time_embedding", "linear_2", var p] => new($"time_embed.2.{p}"),
            ["class_embedding", var p] => new($"label_emb.{p}"),
            ["conv_norm_out", var p] => new($"out.0.{p}"),
            ["conv_out", var p] => new($"out.2.{p}"),
            ["mid_block", "resnets", var b, .. var m] => Resnet($"middle_block.{2 * Parsed.Index(b)}", m),
            ["mid_block", "attentions", "0", .. var m] => Attention("middle_block.1", m, config.BlockOutChannels[^1]),
            ["down_blocks", var l, "resnets", var b, .. var m] => Resnet($"input_blocks.{Down(l, b)}.0", m),
            ["down_blocks", var l, "attentions", var b, .. var m] => Attention($"input_blocks.{Down(l, b)}.1", m, config.BlockOutChannels[Parsed.Index(l)]),
            ["down_blocks", var l, "downsamplers", "0", "conv", var p] => new($"input_blocks.{(Parsed.Index(l) + 1) * blocks}.0.op.{p}"),
            ["down_blocks", var l, "downsamplers", "0", .. var m] => Resnet($"input_blocks.{(Parsed.Index(l) + 1) * blocks}.0", m),
            ["up_blocks", var i, "resnets", var b, .. var m] => Resnet($"output_blocks.{Up(i, b)}.0", m),
            ["up_blocks", var i, "attentions", var b, .. var m] =>
                Attention($"output_blocks.{Up(i, b)}.1", m, config.BlockOutChannels[config.Levels - 1 - Parsed.Index(i)], up: true),
            ["up_blocks", var i, "upsamplers", "0", "conv", var p] => new($"{Upsampler(i)}.conv.{p}"),
            ["up_blocks", var i, "upsamplers", "0", .. var m] => Resnet(Upsampler(i), m),
            _ => throw Unknown(name),
        };

        int Down(string level, string block) => 1 + (Parsed.Index(level) * blocks) + Parsed.Index(block);

        int Up(string level, string block) => (Parsed.Index(level) * blocks) + Parsed.Index(block);

        // The last member of the level's last block, behind its attention.
        string Upsampler(string level) =>
            $"output_blocks.{((Parsed.Index(level) + 1) * blocks) - 1}.{(config.UpBlockTypes[Parsed.Index(level)] == "AttnUpBlock2D" ? 2 : 1)}";

        SourceName Attention(string block, string[] module, int channels, bool up = false) => module switch
        {
            ["group_norm", var p] => new($"{block}.norm.{p}"),
            ["to_q" or "to_k" or "to_v", var p] => new($"{block}.qkv.{p}")
            {
                Parts = 3,
                Part = "qkv".IndexOf(module[0][^1], StringComparison.Ordinal),
                Groups = newOrder ? 1 : config.Heads(channels, up),
            },
            ["to_out", "0", var p] => new($"{block}.proj_out.{p}"),
            _ => throw Unknown(string.Join('.', module)),
        };
    }

    private static SourceName Resnet(string block, string[] module) => module switch
    {
        ["norm1", var p] => new($"{block}.in_layers.0.{p}"),
        ["conv1", var p] => new($"{block}.in_layers.2.{p}"),
        ["time_emb_proj", var p] => new($"{block}.emb_layers.1.{p}"),
        ["norm2", var p] => new($"{block}.out_layers.0.{p}"),
        ["conv2", var p] => new($"{block}.out_layers.3.{p}"),
        ["conv_shortcut", var p] => new($"{block}.skip_connection.{p}"),
        _ => throw Unknown(string.Join('.', module)),
    };

    private static DiffusionException Unknown(string name) => new(ErrorKind.ModelFile, $"the network of the configuration has '{name}', which its tensors' layout (_tensor_names) has no name for");
}
