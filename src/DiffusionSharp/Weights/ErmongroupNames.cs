using System.Globalization;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Weights;

/// <summary>The parameter names of the DDIM authors' code (ermongroup/ddim, models/diffusion.py) as diffusers' names.</summary>
public static class ErmongroupNames
{
    /// <summary>Maps a name: <c>down.0.block.1.temb_proj.weight</c> becomes <c>down_blocks.0.resnets.1.time_emb_proj.weight</c>.</summary>
    /// <param name="name">A name of the reference, without <c>module.</c>.</param>
    /// <param name="config">The network; the reference counts the levels of the way up from the top, diffusers from the bottom.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: not a name of this layout.</exception>
    public static string ToDiffusers(string name, UNetConfig config)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(config);
        var levels = config.Levels;
        var mapped = name.Split('.') switch
        {
            ["conv_in" or "conv_out", _] => name,
            ["norm_out", var p] => $"conv_norm_out.{p}",
            ["temb", "dense", "0", var p] => $"time_embedding.linear_1.{p}",
            ["temb", "dense", "1", var p] => $"time_embedding.linear_2.{p}",
            ["mid", "block_1", var m, var p] => Resnet("mid_block.resnets.0", m, p),
            ["mid", "block_2", var m, var p] => Resnet("mid_block.resnets.1", m, p),
            ["mid", "attn_1", var m, var p] => Attention("mid_block.attentions.0", m, p),
            ["down", var l, "block", var b, var m, var p] => Resnet($"down_blocks.{l}.resnets.{b}", m, p),
            ["down", var l, "attn", var b, var m, var p] => Attention($"down_blocks.{l}.attentions.{b}", m, p),
            ["down", var l, "downsample", "conv", var p] => $"down_blocks.{l}.downsamplers.0.conv.{p}",
            ["up", var l, "block", var b, var m, var p] when Up(l, levels) is { } up => Resnet($"{up}.resnets.{b}", m, p),
            ["up", var l, "attn", var b, var m, var p] when Up(l, levels) is { } up => Attention($"{up}.attentions.{b}", m, p),
            ["up", var l, "upsample", "conv", var p] when Up(l, levels) is { } up => $"{up}.upsamplers.0.conv.{p}",
            _ => null,
        };
        return mapped ?? throw new DiffusionException(
            ErrorKind.ModelFile, $"'{name}' is not a parameter of the DDIM authors' network with {levels} levels; expected names such as down.0.block.1.conv1.weight");
    }

    /// <summary>Maps a parameter: its name, and the shape of attention's 1×1 convolutions [c, c, 1, 1] to a linear layer's [c, c].</summary>
    /// <param name="name">A name of the reference.</param>
    /// <param name="tensor">Its values, which the result shares.</param>
    /// <param name="config">The network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: not a name of this layout.</exception>
    public static KeyValuePair<string, HostTensor> ToDiffusers(string name, HostTensor tensor, UNetConfig config)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var mapped = ToDiffusers(name, config);
        var isLinear = mapped.Contains(".attentions.", StringComparison.Ordinal) && tensor.Shape is [_, _, 1, 1];
        return new(mapped, isLinear ? new HostTensor([tensor.Shape[0], tensor.Shape[1]], tensor.Data) : tensor);
    }

    private static string? Up(string level, int levels) =>
        int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var l) && l < levels ? $"up_blocks.{levels - 1 - l}" : null;

    private static string? Resnet(string block, string module, string parameter) => module switch
    {
        "norm1" or "conv1" or "norm2" or "conv2" => $"{block}.{module}.{parameter}",
        "temb_proj" => $"{block}.time_emb_proj.{parameter}",
        "nin_shortcut" => $"{block}.conv_shortcut.{parameter}",
        _ => null,
    };

    private static string? Attention(string block, string module, string parameter) => module switch
    {
        "norm" => $"{block}.group_norm.{parameter}",
        "q" or "k" or "v" => $"{block}.to_{module}.{parameter}",
        "proj_out" => $"{block}.to_out.0.{parameter}",
        _ => null,
    };
}
