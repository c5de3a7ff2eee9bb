namespace TestKit.Files;

/// <summary>The arguments of guided-diffusion's <c>EncoderUNetModel</c> (guided_diffusion/unet.py) with pool="attention" that its parameters depend on.</summary>
public sealed record GuidedClassifierFlags
{
    public int ImageSize { get; init; } = 8;

    public int InChannels { get; init; } = 3;

    public int Classes { get; init; } = 5;

    public int ModelChannels { get; init; } = 32;

    public double[] ChannelMult { get; init; } = [1, 2];

    public int NumResBlocks { get; init; } = 1;

    /// <summary>Down-sampling rates with attention.</summary>
    public int[] AttentionResolutions { get; init; } = [2];

    public int NumHeadChannels { get; init; } = 16;

    public bool ScaleShift { get; init; } = true;

    public bool ResblockUpdown { get; init; } = true;

    /// <summary>The module's parameters, in the order of its constructor.</summary>
    public ReferenceModule Module()
    {
        var (m, time) = (new ReferenceModule(), 4 * ModelChannels);
        m.Linear("time_embed.0", ModelChannels, time);
        m.Linear("time_embed.2", time, time);
        var ch = (int)(ChannelMult[0] * ModelChannels);
        m.Conv("input_blocks.0.0", InChannels, ch, 3);
        var (ds, n) = (1, 1);
        foreach (var (level, mult) in ChannelMult.Index())
        {
            for (var i = 0; i < NumResBlocks; i++, n++)
            {
                ch = ResBlock($"input_blocks.{n}.0", ch, (int)(mult * ModelChannels));
                if (AttentionResolutions.Contains(ds))
                {
                    GuidedBlocks.Attention(m, $"input_blocks.{n}.1", ch);
                }
            }

            if (level < ChannelMult.Length - 1)
            {
                if (ResblockUpdown)
                {
                    ResBlock($"input_blocks.{n}.0", ch, ch);
                }
                else
                {
                    m.Conv($"input_blocks.{n}.0.op", ch, ch, 3);
                }

                n++;
                ds *= 2;
            }
        }

        ResBlock("middle_block.0", ch, ch);
        GuidedBlocks.Attention(m, "middle_block.1", ch);
        ResBlock("middle_block.2", ch, ch);
        var side = ImageSize / ds;
        m.Norm("out.0", ch);
        m.Parameter("out.2.positional_embedding", ch, (side * side) + 1);
        m.Conv("out.2.qkv_proj", ch, 3 * ch, 1, dimensions: 1);
        m.Conv("out.2.c_proj", ch, Classes, 1, dimensions: 1);
        return m;

        int ResBlock(string name, int input, int output) => GuidedBlocks.ResBlock(m, name, input, output, time, ScaleShift);
    }
}
