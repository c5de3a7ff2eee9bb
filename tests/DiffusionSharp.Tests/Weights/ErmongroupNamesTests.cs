using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;

namespace DiffusionSharp.Tests.Weights;

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
    public void The_table(string theirs, string ours) => Assert.Equal(ours, ErmongroupNames.ToDiffusers(theirs, FourLevels));

    [Theory]
    [InlineData("module.conv_in.weight")]
    [InlineData("up.4.block.0.conv1.weight")]
    [InlineData("up.x.block.0.conv1.weight")]
    [InlineData("down.0.block.0.conv_shortcut.weight")]
    [InlineData("down.0.block.0.conv3.weight")]
    [InlineData("")]
    public void Other_names_are_refused(string name)
    {
        var e = Assert.Throws<DiffusionException>(() => ErmongroupNames.ToDiffusers(name, FourLevels));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains($"'{name}'", e.Message, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_reference_s_checkpoints_fit_our_network_in_names_and_shapes()
    {
        (string Golden, UNetConfig Config)[] cases =
        [
            ("01_unet_ch32_m21_r1_a8_16px", UNetConfig.Ddpm(new ImageShape(3, 16, 16), 32, [2, 1], 1, [8])),
            ("01_unet_ch32_m11_r2_a16_noconv_32px", UNetConfig.Ddpm(new ImageShape(3, 32, 32), 32, [1, 1], 2, [16]) with { ResampleWithConv = false }),
        ];
        foreach (var (golden, config) in cases)
        {
            using var file = TensorFile.Open(Shared.Path("goldens", golden, "model.safetensors"));
            var mapped = file.Tensors.Keys.Select(n => ErmongroupNames.ToDiffusers(n, file.ReadFloat32(n), config)).ToList();
            WeightsCheck.Against(golden, mapped.Select(w => KeyValuePair.Create(w.Key, w.Value.Shape)), UNet.Build(config));
        }
    }
}
