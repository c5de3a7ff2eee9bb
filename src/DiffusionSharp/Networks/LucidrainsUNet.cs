namespace DiffusionSharp.Networks;

/// <summary>
/// The U-Net of lucidrains' denoising-diffusion-pytorch (class <c>Unet</c>), with its parameter names. Its one matrix for q, k and v is
/// three here: <c>to_qkv</c> is <c>to_q</c>, <c>to_k</c> and <c>to_v</c>.
/// </summary>
public static class LucidrainsUNet
{
    // torch.nn.functional.normalize's.
    private const double NormFloor = 1e-12;

    /// <summary>Builds the network.</summary>
    /// <param name="config">Its options.</param>
    /// <returns>The graph; x [N, C, H, W] and t [N] go in, m comes out.</returns>
    /// <exception cref="DiffusionException">The options are invalid; the message lists every problem.</exception>
    public static NetworkGraph Build(LucidrainsUNetConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        LucidrainsUNetConfigCheck.Validate(config);
        var g = new GraphBuilder(config.InputShape);
        var x = g.X();
        var time = Time(g, config);
        x = g.Conv2d("init_conv", x, config.LevelChannels(0), kernel: 7, stride: 1, padding: 3);
        var first = x;
        var skips = new Stack<int>();

        for (var level = 0; level < config.Levels; level++)
        {
            var (name, channels, next) = ($"downs.{level}", config.LevelChannels(level), config.LevelChannels(level + 1));
            x = Resnet(g, config, $"{name}.0", x, time, channels);
            skips.Push(x);

            x = Resnet(g, config, $"{name}.1", x, time, channels);
            x = Attention(g, config, $"{name}.2", x, config.Attention(level));
            skips.Push(x);

            // Two by two pixels are joined as channels and meet a 1×1 convolution: a 2×2 convolution of stride 2.
            x = level < config.Levels - 1
                ? g.Conv2d($"{name}.3.1", x, next, kernel: 2, stride: 2, padding: 0)
                : g.Conv2d($"{name}.3", x, next, kernel: 3, stride: 1, padding: 1);
        }

        var innermost = config.Attention(config.Levels - 1) with { Full = true };
        x = Resnet(g, config, "mid_block1", x, time, config.LevelChannels(config.Levels));
        x = Attention(g, config, "mid_attn", x, innermost);
        x = Resnet(g, config, "mid_block2", x, time, config.LevelChannels(config.Levels));

        for (var i = 0; i < config.Levels; i++)
        {
            var level = config.Levels - 1 - i;
            var (name, channels, next) = ($"ups.{i}", config.LevelChannels(level + 1), config.LevelChannels(level));
            x = Resnet(g, config, $"{name}.0", g.Concat($"{name}.0.concat", x, skips.Pop()), time, channels);
            x = Resnet(g, config, $"{name}.1", g.Concat($"{name}.1.concat", x, skips.Pop()), time, channels);
            x = Attention(g, config, $"{name}.2", x, config.Attention(level));
            x = level > 0
                ? g.Conv2d($"{name}.3.1", g.UpsampleNearest($"{name}.3.0", x), next, kernel: 3, stride: 1, padding: 1)
                : g.Conv2d($"{name}.3", x, next, kernel: 3, stride: 1, padding: 1);
        }

        x = Resnet(g, config, "final_res_block", g.Concat("final_res_block.concat", x, first), time, config.LevelChannels(0));
        g.Conv2d("final_conv", x, config.OutChannels, kernel: 1, stride: 1, padding: 0);
        return g.Build();
    }

    // silu(embedding of t): every residual block begins its projection with this silu.
    private static int Time(GraphBuilder g, LucidrainsUNetConfig config)
    {
        var h = g.TimestepEmbedding("time_mlp.0", g.Timestep(), config.Dim, flipSinToCos: false, freqShift: 1, maxPeriod: config.SinusoidalPosEmbTheta);
        h = g.Linear("time_mlp.1", h, 4 * config.Dim);
        h = g.Gelu("time_mlp.2", h);
        h = g.Linear("time_mlp.3", h, 4 * config.Dim);
        return g.Silu("time_act", h);
    }

    private static int Resnet(GraphBuilder g, LucidrainsUNetConfig config, string name, int x, int time, int channels)
    {
        var scaleShift = g.Linear($"{name}.mlp.1", time, 2 * channels);
        var h = g.Conv2d($"{name}.block1.proj", x, channels, kernel: 3, stride: 1, padding: 1);
        h = g.RmsNorm($"{name}.block1.norm", h, NormFloor);
        h = g.ScaleShift($"{name}.block1.scale_shift", h, scaleShift);
        h = g.Silu($"{name}.block1.act", h);
        h = g.Dropout($"{name}.block1.dropout", h, config.Dropout);
        h = g.Conv2d($"{name}.block2.proj", h, channels, kernel: 3, stride: 1, padding: 1);
        h = g.RmsNorm($"{name}.block2.norm", h, NormFloor);
        h = g.Silu($"{name}.block2.act", h);
        var shortcut = g.Shape(x).Channels == channels ? x : g.Conv2d($"{name}.res_conv", x, channels, kernel: 1, stride: 1, padding: 0);
        return g.Add($"{name}.add", h, shortcut);
    }

    private static int Attention(GraphBuilder g, LucidrainsUNetConfig config, string name, int x, (int Heads, int HeadDim, bool Full) attention)
    {
        var (channels, inner) = (g.Shape(x).Channels, attention.Heads * attention.HeadDim);
        (string Name, int Count)? memory = config.NumMemKv > 0 ? ($"{name}.mem_kv", config.NumMemKv) : null;
        var h = g.RmsNorm($"{name}.norm", x, NormFloor);
        var q = g.Linear($"{name}.to_q", h, inner, hasBias: false);
        var k = g.Linear($"{name}.to_k", h, inner, hasBias: false);
        var v = g.Linear($"{name}.to_v", h, inner, hasBias: false);
        if (attention.Full)
        {
            h = g.Attention($"{name}.attend", q, k, v, attention.Heads, memory);
            h = g.Conv2d($"{name}.to_out", h, channels, kernel: 1, stride: 1, padding: 0);
        }
        else
        {
            h = g.LinearAttention($"{name}.attend", q, k, v, attention.Heads, memory);
            h = g.Conv2d($"{name}.to_out.0", h, channels, kernel: 1, stride: 1, padding: 0);
            h = g.RmsNorm($"{name}.to_out.1", h, NormFloor);
        }

        return g.Add($"{name}.add", h, x);
    }
}
