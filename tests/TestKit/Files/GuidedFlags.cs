namespace TestKit.Files;

/// <summary>The arguments of guided-diffusion's <c>UNetModel</c> (guided_diffusion/unet.py) that its parameters depend on.</summary>
public sealed record GuidedFlags
{
    public int InChannels { get; init; } = 3;

    public int OutChannels { get; init; } = 3;

    public int ModelChannels { get; init; } = 32;

    public double[] ChannelMult { get; init; } = [1, 2];

    public int NumResBlocks { get; init; } = 1;

    /// <summary>Down-sampling rates with attention.</summary>
    public int[] AttentionResolutions { get; init; } = [2];

    public bool ConvResample { get; init; } = true;

    public bool ScaleShift { get; init; }

    public bool ResblockUpdown { get; init; }

    public int? NumClasses { get; init; }

    /// <summary>The module's parameters, in the order of its constructor.</summary>
    public ReferenceModule Module()
    {
        var (m, time) = (new ReferenceModule(), 4 * ModelChannels);
        m.Linear("time_embed.0", ModelChannels, time);
        m.Linear("time_embed.2", time, time);
        if (NumClasses is int classes)
        {
            m.Table("label_emb", classes, time);
        }

        var ch = (int)(ChannelMult[0] * ModelChannels);
        var (first, ds, n) = (ch, 1, 1);
        m.Conv("input_blocks.0.0", InChannels, ch, 3);
        var skips = new Stack<int>([ch]);
        foreach (var (level, mult) in ChannelMult.Index())
        {
            for (var i = 0; i < NumResBlocks; i++, n++)
            {
                ch = ResBlock($"input_blocks.{n}.0", ch, (int)(mult * ModelChannels));
                Attend($"input_blocks.{n}.1", ch);
                skips.Push(ch);
            }

            if (level < ChannelMult.Length - 1)
            {
                if (ResblockUpdown)
                {
                    ResBlock($"input_blocks.{n}.0", ch, ch);
                }
                else if (ConvResample)
                {
                    m.Conv($"input_blocks.{n}.0.op", ch, ch, 3);
                }

                n++;
                skips.Push(ch);
                ds *= 2;
            }
        }

        ResBlock("middle_block.0", ch, ch);
        GuidedBlocks.Attention(m, "middle_block.1", ch);
        ResBlock("middle_block.2", ch, ch);
        n = 0;
        foreach (var (level, mult) in ChannelMult.Index().Reverse())
        {
            for (var i = 0; i <= NumResBlocks; i++, n++)
            {
                ch = ResBlock($"output_blocks.{n}.0", ch + skips.Pop(), (int)(mult * ModelChannels));
                var last = Attend($"output_blocks.{n}.1", ch) ? 2 : 1;
                if (level > 0 && i == NumResBlocks)
                {
                    if (ResblockUpdown)
                    {
                        ResBlock($"output_blocks.{n}.{last}", ch, ch);
                    }
                    else if (ConvResample)
                    {
                        m.Conv($"output_blocks.{n}.{last}.conv", ch, ch, 3);
                    }

                    ds /= 2;
                }
            }
        }

        m.Norm("out.0", ch);
        m.Conv("out.2", first, OutChannels, 3);
        return m;

        int ResBlock(string name, int input, int output) => GuidedBlocks.ResBlock(m, name, input, output, time, ScaleShift);

        bool Attend(string name, int channels)
        {
            var attends = AttentionResolutions.Contains(ds);
            if (attends)
            {
                GuidedBlocks.Attention(m, name, channels);
            }

            return attends;
        }
    }
}
