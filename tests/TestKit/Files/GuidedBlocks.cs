namespace TestKit.Files;

/// <summary>The parameters of guided-diffusion's blocks (guided_diffusion/unet.py), in the order of their constructors.</summary>
internal static class GuidedBlocks
{
    /// <summary>A <c>ResBlock</c>; returns its outputs.</summary>
    public static int ResBlock(ReferenceModule m, string name, int input, int output, int time, bool scaleShift)
    {
        m.Norm($"{name}.in_layers.0", input);
        m.Conv($"{name}.in_layers.2", input, output, 3);
        m.Linear($"{name}.emb_layers.1", time, scaleShift ? 2 * output : output);
        m.Norm($"{name}.out_layers.0", output);
        m.Conv($"{name}.out_layers.3", output, output, 3);
        if (input != output)
        {
            m.Conv($"{name}.skip_connection", input, output, 1);
        }

        return output;
    }

    /// <summary>An <c>AttentionBlock</c>.</summary>
    public static void Attention(ReferenceModule m, string name, int channels)
    {
        m.Norm($"{name}.norm", channels);
        m.Conv($"{name}.qkv", channels, 3 * channels, 1, dimensions: 1);
        m.Conv($"{name}.proj_out", channels, channels, 1, dimensions: 1);
    }
}
