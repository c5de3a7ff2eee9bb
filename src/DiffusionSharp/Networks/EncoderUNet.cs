namespace DiffusionSharp.Networks;

/// <summary>
/// The classifier of noisy images that guides a diffusion model (Dhariwal and Nichol 2021, section 4; guided-diffusion's <c>EncoderUNetModel</c>):
/// the way down of a U-Net, and attention whose first token, the mean of the pixels, becomes the classes' logits.
/// </summary>
public static class EncoderUNet
{
    /// <summary>Builds the network.</summary>
    /// <param name="config">Its options.</param>
    /// <returns>The graph; x [N, C, H, W] and t [N] go in, logits [N, Classes, 1, 1] come out.</returns>
    /// <exception cref="DiffusionException">The options are invalid; the message lists every problem.</exception>
    public static NetworkGraph Build(EncoderUNetConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        UNetConfigCheck.Validate(config.Encoder);
        var g = new GraphBuilder(config.Encoder.InputShape);
        var (h, _, _) = UNet.WayDown(g, config.Encoder);
        h = g.GroupNorm("conv_norm_out", h, config.Encoder.NormNumGroups, config.Encoder.NormEps);
        h = g.Silu("conv_act", h);
        h = g.PoolTokens("pool", h);
        var channels = g.Shape(h).Channels;
        int q = g.Linear("pool.to_q", h, channels), k = g.Linear("pool.to_k", h, channels), v = g.Linear("pool.to_v", h, channels);
        h = g.Attention("pool.attention", q, k, v, channels / config.PoolHeadChannels);
        g.Linear("pool.to_out", g.FirstPixel("pool.first", h), config.Classes);
        return g.Build();
    }
}
