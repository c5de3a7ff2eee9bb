using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The parameter names of the DDIM authors' code (ermongroup/ddim, models/diffusion.py).</summary>
internal static class ErmongroupNames
{
    /// <summary>Maps a name of ours: <c>down_blocks.0.resnets.1.time_emb_proj.weight</c> is <c>down.0.block.1.temb_proj.weight</c> there.</summary>
    /// <param name="name">A parameter of a network that <see cref="ErmongroupLayout"/> can express.</param>
    /// <param name="config">The network; the reference counts the levels of the way up from the top, diffusers from the bottom.</param>
    public static string Map(string name, UNetConfig config) => name.Split('.') switch
    {
        ["conv_in" or "conv_out", _] => name,
        ["conv_norm_out", var p] => $"norm_out.{p}",
        ["time_embedding", "linear_1", var p] => $"temb.dense.0.{p}",
        ["time_embedding", "linear_2", var p] => $"temb.dense.1.{p}",
        ["mid_block", "resnets", "0", var m, var p] => $"mid.block_1.{Resnet(m)}.{p}",
        ["mid_block", "resnets", "1", var m, var p] => $"mid.block_2.{Resnet(m)}.{p}",
        ["mid_block", "attentions", "0", .. var m, var p] => $"mid.attn_1.{Attention(m)}.{p}",
        ["down_blocks", var l, "resnets", var b, var m, var p] => $"down.{l}.block.{b}.{Resnet(m)}.{p}",
        ["down_blocks", var l, "attentions", var b, .. var m, var p] => $"down.{l}.attn.{b}.{Attention(m)}.{p}",
        ["down_blocks", var l, "downsamplers", "0", "conv", var p] => $"down.{l}.downsample.conv.{p}",
        ["up_blocks", var i, "resnets", var b, var m, var p] => $"up.{Level(i, config)}.block.{b}.{Resnet(m)}.{p}",
        ["up_blocks", var i, "attentions", var b, .. var m, var p] => $"up.{Level(i, config)}.attn.{b}.{Attention(m)}.{p}",
        ["up_blocks", var i, "upsamplers", "0", "conv", var p] => $"up.{Level(i, config)}.upsample.conv.{p}",
        _ => throw Unknown(name),
    };

    private static int Level(string block, UNetConfig config) => config.Levels - 1 - Parsed.Index(block);

    private static string Resnet(string module) => module switch
    {
        "norm1" or "conv1" or "norm2" or "conv2" => module,
        "time_emb_proj" => "temb_proj",
        "conv_shortcut" => "nin_shortcut",
        _ => throw Unknown(module),
    };

    private static string Attention(string[] module) => module switch
    {
        ["group_norm"] => "norm",
        ["to_q"] => "q",
        ["to_k"] => "k",
        ["to_v"] => "v",
        ["to_out", "0"] => "proj_out",
        _ => throw Unknown(string.Join('.', module)),
    };

    private static DiffusionException Unknown(string name) => new(ErrorKind.ModelFile, $"the network of the configuration has '{name}', which its tensors' layout (_tensor_names) has no name for");
}
