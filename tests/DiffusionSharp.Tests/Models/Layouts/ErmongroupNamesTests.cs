using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Tests.Models.Layouts;

public class ErmongroupNamesTests
{
    private static readonly UNetConfig FourLevels = new();

    [Theory]
    [InlineData("temb.dense.0.weight", "time_embedding.linear_1.weight")]
    [InlineData("temb.dense.1.bias", "time_embedding.linear_2.bias")]
    [InlineData("conv_in.weight", "conv_in.weight")]
    [InlineData("down.0.block.1.temb_proj.weight", "down_blocks.0.resnets.1.time_emb_proj.weight")]
    [InlineData("down.1.block.0.nin_shortcut.bias", "down_blocks.1.resnets.0.conv_shortcut.bias")]
    [InlineData("down.1.attn.0.norm.weight", "down_blocks.1.attentions.0.group_norm.weight")]
    [InlineData("down.1.attn.1.q.weight", "down_blocks.1.attentions.1.to_q.weight")]
    [InlineData("down.2.downsample.conv.bias", "down_blocks.2.downsamplers.0.conv.bias")]
    [InlineData("mid.block_1.norm1.weight", "mid_block.resnets.0.norm1.weight")]
    [InlineData("mid.attn_1.proj_out.weight", "mid_block.attentions.0.to_out.0.weight")]
    [InlineData("mid.block_2.conv2.bias", "mid_block.resnets.1.conv2.bias")]
    [InlineData("up.0.block.2.conv1.weight", "up_blocks.3.resnets.2.conv1.weight")]
    [InlineData("up.3.block.0.conv1.weight", "up_blocks.0.resnets.0.conv1.weight")]
    [InlineData("up.1.attn.2.v.bias", "up_blocks.2.attentions.2.to_v.bias")]
    [InlineData("up.3.upsample.conv.weight", "up_blocks.0.upsamplers.0.conv.weight")]
    [InlineData("norm_out.bias", "conv_norm_out.bias")]
    public void The_table(string theirs, string ours) => Assert.Equal(theirs, ErmongroupNames.Map(ours, FourLevels));
}
