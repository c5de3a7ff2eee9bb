namespace TestKit.Files;

/// <summary>The configuration of the DDIM authors' <c>Model</c> (ermongroup/ddim, models/diffusion.py) that its parameters depend on.</summary>
public sealed record ErmongroupFlags
{
    public int ImageSize { get; init; } = 8;

    public int InChannels { get; init; } = 3;

    public int OutCh { get; init; } = 3;

    public int Ch { get; init; } = 32;

    public int[] ChMult { get; init; } = [1, 2];

    public int NumResBlocks { get; init; } = 1;

    public int[] AttnResolutions { get; init; } = [4];

    public bool ResampWithConv { get; init; } = true;

    /// <summary>The module's parameters, in the order of its constructor.</summary>
    public ReferenceModule Module()
    {
        var (m, time, size) = (new ReferenceModule(), 4 * Ch, ImageSize);
        m.Linear("temb.dense.0", Ch, time);
        m.Linear("temb.dense.1", time, time);
        m.Conv("conv_in", InChannels, Ch, 3);
        int[] before = [1, .. ChMult];
        var width = 0;
        for (var level = 0; level < ChMult.Length; level++)
        {
            width = Ch * before[level];
            for (var i = 0; i < NumResBlocks; i++)
            {
                width = Block($"down.{level}.block.{i}", width, Ch * ChMult[level]);
                Attend($"down.{level}.attn.{i}");
            }

            if (level < ChMult.Length - 1)
            {
                Resample($"down.{level}.downsample");
                size /= 2;
            }
        }

        Block("mid.block_1", width, width);
        Attention("mid.attn_1");
        Block("mid.block_2", width, width);
        for (var level = ChMult.Length - 1; level >= 0; level--)
        {
            for (var i = 0; i <= NumResBlocks; i++)
            {
                var skip = Ch * (i == NumResBlocks ? before[level] : ChMult[level]);
                width = Block($"up.{level}.block.{i}", width + skip, Ch * ChMult[level]);
                Attend($"up.{level}.attn.{i}");
            }

            if (level > 0)
            {
                Resample($"up.{level}.upsample");
                size *= 2;
            }
        }

        m.Norm("norm_out", width);
        m.Conv("conv_out", width, OutCh, 3);
        return m;

        int Block(string name, int input, int output)
        {
            m.Norm($"{name}.norm1", input);
            m.Conv($"{name}.conv1", input, output, 3);
            m.Linear($"{name}.temb_proj", time, output);
            m.Norm($"{name}.norm2", output);
            m.Conv($"{name}.conv2", output, output, 3);
            if (input != output)
            {
                m.Conv($"{name}.nin_shortcut", input, output, 1);
            }

            return output;
        }

        void Resample(string name)
        {
            if (ResampWithConv)
            {
                m.Conv($"{name}.conv", width, width, 3);
            }
        }

        void Attend(string name)
        {
            if (AttnResolutions.Contains(size))
            {
                Attention(name);
            }
        }

        void Attention(string name)
        {
            m.Norm($"{name}.norm", width);
            foreach (var part in (string[])["q", "k", "v", "proj_out"])
            {
                m.Conv($"{name}.{part}", width, width, 1);
            }
        }
    }
}
