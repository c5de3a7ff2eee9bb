namespace DiffusionSharp.Networks;

/// <summary>
/// The U-Net of DDPM (Ho et al. 2020, appendix B) in the form and with the parameter names of diffusers'
/// <c>UNet2DModel</c>.
/// </summary>
public static class UNet
{
    /// <summary>What takes the labels of an augmentation in, which networks have in training only.</summary>
    internal const string AugmentationWeight = "augment_embedding.weight";

    /// <summary>Builds the network.</summary>
    /// <param name="config">Its options.</param>
    /// <returns>The graph; x [N, C, H, W], t [N] and, for a conditional network, labels [N] go in, m comes out.</returns>
    /// <exception cref="DiffusionException">The options are invalid; the message lists every problem.</exception>
    public static NetworkGraph Build(UNetConfig config) => Build(config, augmentation: 0);

    /// <summary>The network as it is trained, with the labels of an augmentation; 0 for none.</summary>
    internal static NetworkGraph Build(UNetConfig config, int augmentation)
    {
        UNetConfigCheck.Validate(config);
        var g = new GraphBuilder(config.InputShape, config.ClassCount, config.NullClass);
        var (h, skips, time) = WayDown(g, config, augmentation);
        var channels = config.BlockOutChannels;
        for (var i = 0; i < config.Levels; i++)
        {
            var (block, type) = ($"up_blocks.{i}", config.UpBlockTypes[i]);
            for (var j = 0; j <= config.LayersPerBlock; j++)
            {
                h = g.Concat($"{block}.concat.{j}", h, skips.Pop());
                h = Resnet(g, config, $"{block}.resnets.{j}", h, time, channels[config.Levels - 1 - i]);
                if (type == "AttnUpBlock2D")
                {
                    h = Attention(g, config, $"{block}.attentions.{j}", h, config.NormNumGroups, up: true);
                }
            }

            if (i < config.Levels - 1)
            {
                h = Upsample(g, config, $"{block}.upsamplers.0", h, time, ByResnet(type, config.UpsampleType));
            }
        }

        h = g.GroupNorm("conv_norm_out", h, config.NormNumGroups, config.NormEps);
        h = g.Silu("conv_act", h);
        g.Conv2d("conv_out", h, config.OutChannels, kernel: 3, stride: 1, padding: 1, Initialization.Zero);
        return g.Build();
    }

    /// <summary>From the image to the middle: what an encoder has in common with the whole.</summary>
    /// <returns>The middle's value, those that the way up joins, and the time embedding.</returns>
    internal static (int Middle, Stack<int> Skips, int Time) WayDown(GraphBuilder g, UNetConfig config, int augmentation = 0)
    {
        var channels = config.BlockOutChannels;
        var x = g.X();
        if (config.CenterInputSample)
        {
            x = g.Affine("center_input_sample", x, 2, -1);
        }

        var time = Time(g, config, augmentation);
        var h = g.Conv2d("conv_in", x, config.FirstChannels, kernel: 3, stride: 1, padding: 1);
        var skips = new Stack<int>([h]);

        for (var level = 0; level < config.Levels; level++)
        {
            var (block, type) = ($"down_blocks.{level}", config.DownBlockTypes[level]);
            for (var j = 0; j < config.LayersPerBlock; j++)
            {
                h = Resnet(g, config, $"{block}.resnets.{j}", h, time, channels[level]);
                if (type == "AttnDownBlock2D")
                {
                    h = Attention(g, config, $"{block}.attentions.{j}", h, config.NormNumGroups);
                }

                skips.Push(h);
            }

            if (level < config.Levels - 1)
            {
                h = Downsample(g, config, $"{block}.downsamplers.0", h, time, ByResnet(type, config.DownsampleType));
                skips.Push(h);
            }
        }

        return (config.MidBlock ? Middle(g, config, h, time) : h, skips, time);
    }

    private static bool ByResnet(string blockType, string resampleType) =>
        blockType.StartsWith("Resnet", StringComparison.Ordinal)
        || (blockType.StartsWith("Attn", StringComparison.Ordinal) && resampleType == "resnet");

    // silu(embedding of t, plus that of the label): every residual block begins its time projection with this silu.
    private static int Time(GraphBuilder g, UNetConfig config, int augmentation)
    {
        var time = TimeMlp(g, "time_embedding", Sinusoid(g, config, "time_proj", g.Timestep(), config.TimestepScale, augmentation), config.TimeEmbedDim);
        if (config.ClassEmbedType == "timestep")
        {
            var label = TimeMlp(g, "class_embedding", Sinusoid(g, config, "class_proj", g.Label(), scale: 1), config.TimeEmbedDim);
            time = g.Add("time_and_class", time, label);
        }
        else if (config.NumClassEmbeds is int classes)
        {
            time = g.Add("time_and_class", time, g.Embedding("class_embedding", g.Label(), classes, config.TimeEmbedDim));
        }

        return g.Silu("time_act", time);
    }

    private static int Sinusoid(GraphBuilder g, UNetConfig config, string name, int t, double scale, int augmentation = 0) =>
        g.TimestepEmbedding(name, t, config.SinusoidDim, config.FlipSinToCos, config.FreqShift, scale, augmentation: augmentation);

    private static int TimeMlp(GraphBuilder g, string name, int embedding, int width)
    {
        var h = g.Linear($"{name}.linear_1", embedding, width);
        h = g.Silu($"{name}.act", h);
        return g.Linear($"{name}.linear_2", h, width);
    }

    private static int Resnet(
        GraphBuilder g, UNetConfig config, string name, int x, int time, int outChannels, Resample resample = Resample.None, double divisor = 1)
    {
        var h = g.GroupNorm($"{name}.norm1", x, config.NormNumGroups, config.NormEps);
        h = g.Silu($"{name}.act1", h);
        if (resample == Resample.Down)
        {
            (h, x) = (g.AveragePool($"{name}.downsample", h), g.AveragePool($"{name}.downsample_input", x));
        }
        else if (resample == Resample.Up)
        {
            (h, x) = (g.UpsampleNearest($"{name}.upsample", h), g.UpsampleNearest($"{name}.upsample_input", x));
        }

        h = g.Conv2d($"{name}.conv1", h, outChannels, kernel: 3, stride: 1, padding: 1);
        if (config.ResnetTimeScaleShift == "scale_shift")
        {
            var scaleShift = g.Linear($"{name}.time_emb_proj", time, 2 * outChannels);
            h = g.GroupNorm($"{name}.norm2", h, config.NormNumGroups, config.NormEps);
            h = g.ScaleShift($"{name}.scale_shift", h, scaleShift);
        }
        else
        {
            h = g.AddPerChannel($"{name}.add_time", h, g.Linear($"{name}.time_emb_proj", time, outChannels));
            h = g.GroupNorm($"{name}.norm2", h, config.NormNumGroups, config.NormEps);
        }

        h = g.Silu($"{name}.act2", h);
        h = g.Dropout($"{name}.dropout", h, config.Dropout);
        h = g.Conv2d($"{name}.conv2", h, outChannels, kernel: 3, stride: 1, padding: 1, Initialization.Zero);
        var shortcut = g.Shape(x).Channels == outChannels ? x : g.Conv2d($"{name}.conv_shortcut", x, outChannels, kernel: 1, stride: 1, padding: 0);
        return Divide(g, name, g.Add($"{name}.add", shortcut, h), divisor);
    }

    private static int Attention(GraphBuilder g, UNetConfig config, string name, int x, int? groups, bool up = false, double divisor = 1)
    {
        var channels = g.Shape(x).Channels;
        var h = groups is int n ? g.GroupNorm($"{name}.group_norm", x, n, config.NormEps) : x;
        var q = g.Linear($"{name}.to_q", h, channels);
        var k = g.Linear($"{name}.to_k", h, channels);
        var v = g.Linear($"{name}.to_v", h, channels);
        h = g.Attention($"{name}.attention", q, k, v, config.Heads(channels, up));
        h = g.Linear($"{name}.to_out.0", h, channels, Initialization.Zero);
        return Divide(g, name, g.Add($"{name}.add", x, h), divisor);
    }

    private static int Divide(GraphBuilder g, string name, int x, double divisor) =>
        divisor == 1 ? x : g.Affine($"{name}.rescale", x, 1 / divisor);

    private static int Middle(GraphBuilder g, UNetConfig config, int h, int time)
    {
        var channels = config.BlockOutChannels[^1];
        h = Resnet(g, config, "mid_block.resnets.0", h, time, channels, divisor: config.MidBlockScaleFactor);
        if (config.AddAttention)
        {
            var groups = config.AttnNormNumGroups ?? (config.ResnetTimeScaleShift == "default" ? config.NormNumGroups : null);
            h = Attention(g, config, "mid_block.attentions.0", h, groups, divisor: config.MidBlockScaleFactor);
        }

        return Resnet(g, config, "mid_block.resnets.1", h, time, channels, divisor: config.MidBlockScaleFactor);
    }

    private static int Downsample(GraphBuilder g, UNetConfig config, string name, int h, int time, bool byResnet)
    {
        var channels = g.Shape(h).Channels;
        if (byResnet)
        {
            return Resnet(g, config, name, h, time, channels, Resample.Down);
        }

        if (!config.ResampleWithConv)
        {
            return g.AveragePool($"{name}.pool", h);
        }

        if (config.DownsamplePadding == 0)
        {
            h = g.PadRightBottom($"{name}.pad", h);
        }

        return g.Conv2d($"{name}.conv", h, channels, kernel: 3, stride: 2, config.DownsamplePadding);
    }

    private static int Upsample(GraphBuilder g, UNetConfig config, string name, int h, int time, bool byResnet)
    {
        var channels = g.Shape(h).Channels;
        if (byResnet)
        {
            return Resnet(g, config, name, h, time, channels, Resample.Up);
        }

        h = g.UpsampleNearest($"{name}.nearest", h);
        return config.ResampleWithConv ? g.Conv2d($"{name}.conv", h, channels, kernel: 3, stride: 1, padding: 1) : h;
    }

    private enum Resample
    {
        None,
        Down,
        Up,
    }
}
