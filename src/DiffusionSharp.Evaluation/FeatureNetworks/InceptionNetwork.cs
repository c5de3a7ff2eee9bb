using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// The Inception network of the Fréchet distance (Szegedy et al. 2015, in the version of 2015-12-05 that TensorFlow published; Heusel et al. 2017), as
/// pytorch-fid's <c>InceptionV3</c> runs it: means of windows do not count what lies outside, and the last block's pooling takes the largest value.
/// </summary>
/// <remarks>A convolution and the batch norm behind it are one node; nodes are named as pytorch-fid's modules are.</remarks>
internal static class InceptionNetwork
{
    /// <summary>What it takes: 299×299 RGB.</summary>
    public static ImageShape Input { get; } = new(3, 299, 299);

    /// <summary>Builds the network.</summary>
    /// <param name="output">Where it ends.</param>
    /// <returns>The graph; x [N, 3, 299, 299] in [-1, 1] goes in, [N, features, 1, 1] comes out.</returns>
    public static NetworkGraph Build(InceptionOutput output = InceptionOutput.Features)
    {
        var g = new GraphBuilder(Input);
        Write(g, output);
        return g.Build();
    }

    private static int Write(GraphBuilder g, InceptionOutput output)
    {
        var h = Conv(g, "Conv2d_1a_3x3", g.X(), 32, kernel: 3, stride: 2);
        h = Conv(g, "Conv2d_2a_3x3", h, 32, kernel: 3);
        h = Conv(g, "Conv2d_2b_3x3", h, 64, kernel: 3, padding: 1);
        h = g.MaxPool("maxpool1", h, kernel: 3, stride: 2, padding: 0);
        if (output == InceptionOutput.FirstPooling)
        {
            return g.MeanPixel("features", h);
        }

        h = Conv(g, "Conv2d_3b_1x1", h, 80, kernel: 1);
        h = Conv(g, "Conv2d_4a_3x3", h, 192, kernel: 3);
        h = g.MaxPool("maxpool2", h, kernel: 3, stride: 2, padding: 0);
        if (output == InceptionOutput.SecondPooling)
        {
            return g.MeanPixel("features", h);
        }

        h = BlockA(g, "Mixed_5b", h, pooled: 32);
        h = BlockA(g, "Mixed_5c", h, pooled: 64);
        h = BlockA(g, "Mixed_5d", h, pooled: 64);
        h = BlockB(g, "Mixed_6a", h);
        h = BlockC(g, "Mixed_6b", h, width: 128);
        h = BlockC(g, "Mixed_6c", h, width: 160);
        h = BlockC(g, "Mixed_6d", h, width: 160);
        h = BlockC(g, "Mixed_6e", h, width: 192);
        if (output == InceptionOutput.Auxiliary)
        {
            return g.MeanPixel("features", h);
        }

        h = BlockD(g, "Mixed_7a", h);
        h = BlockE(g, "Mixed_7b", h, g.MeanPool("Mixed_7b.pool", h, kernel: 3, stride: 1, padding: 1));
        h = BlockE(g, "Mixed_7c", h, g.MaxPool("Mixed_7c.pool", h, kernel: 3, stride: 1, padding: 1));
        h = g.MeanPixel("features", h);
        return output == InceptionOutput.Features ? h : g.Concat("features_and_logits", h, g.Linear("fc", h, 1008));
    }

    // 35×35.
    private static int BlockA(GraphBuilder g, string name, int x, int pooled)
    {
        var one = Conv(g, $"{name}.branch1x1", x, 64, kernel: 1);
        var five = Conv(g, $"{name}.branch5x5_1", x, 48, kernel: 1);
        five = Conv(g, $"{name}.branch5x5_2", five, 64, kernel: 5, padding: 2);
        var three = Conv(g, $"{name}.branch3x3dbl_1", x, 64, kernel: 1);
        three = Conv(g, $"{name}.branch3x3dbl_2", three, 96, kernel: 3, padding: 1);
        three = Conv(g, $"{name}.branch3x3dbl_3", three, 96, kernel: 3, padding: 1);
        var pool = Conv(g, $"{name}.branch_pool", g.MeanPool($"{name}.pool", x, kernel: 3, stride: 1, padding: 1), pooled, kernel: 1);
        return Join(g, name, one, five, three, pool);
    }

    // To 17×17.
    private static int BlockB(GraphBuilder g, string name, int x)
    {
        var three = Conv(g, $"{name}.branch3x3", x, 384, kernel: 3, stride: 2);
        var twice = Conv(g, $"{name}.branch3x3dbl_1", x, 64, kernel: 1);
        twice = Conv(g, $"{name}.branch3x3dbl_2", twice, 96, kernel: 3, padding: 1);
        twice = Conv(g, $"{name}.branch3x3dbl_3", twice, 96, kernel: 3, stride: 2);
        return Join(g, name, three, twice, g.MaxPool($"{name}.pool", x, kernel: 3, stride: 2, padding: 0));
    }

    // 17×17.
    private static int BlockC(GraphBuilder g, string name, int x, int width)
    {
        var one = Conv(g, $"{name}.branch1x1", x, 192, kernel: 1);
        var seven = Conv(g, $"{name}.branch7x7_1", x, width, kernel: 1);
        seven = Conv(g, $"{name}.branch7x7_2", seven, width, kernel: (1, 7), padding: (0, 3));
        seven = Conv(g, $"{name}.branch7x7_3", seven, 192, kernel: (7, 1), padding: (3, 0));
        var twice = Conv(g, $"{name}.branch7x7dbl_1", x, width, kernel: 1);
        twice = Conv(g, $"{name}.branch7x7dbl_2", twice, width, kernel: (7, 1), padding: (3, 0));
        twice = Conv(g, $"{name}.branch7x7dbl_3", twice, width, kernel: (1, 7), padding: (0, 3));
        twice = Conv(g, $"{name}.branch7x7dbl_4", twice, width, kernel: (7, 1), padding: (3, 0));
        twice = Conv(g, $"{name}.branch7x7dbl_5", twice, 192, kernel: (1, 7), padding: (0, 3));
        var pool = Conv(g, $"{name}.branch_pool", g.MeanPool($"{name}.pool", x, kernel: 3, stride: 1, padding: 1), 192, kernel: 1);
        return Join(g, name, one, seven, twice, pool);
    }

    // To 8×8.
    private static int BlockD(GraphBuilder g, string name, int x)
    {
        var three = Conv(g, $"{name}.branch3x3_1", x, 192, kernel: 1);
        three = Conv(g, $"{name}.branch3x3_2", three, 320, kernel: 3, stride: 2);
        var seven = Conv(g, $"{name}.branch7x7x3_1", x, 192, kernel: 1);
        seven = Conv(g, $"{name}.branch7x7x3_2", seven, 192, kernel: (1, 7), padding: (0, 3));
        seven = Conv(g, $"{name}.branch7x7x3_3", seven, 192, kernel: (7, 1), padding: (3, 0));
        seven = Conv(g, $"{name}.branch7x7x3_4", seven, 192, kernel: 3, stride: 2);
        return Join(g, name, three, seven, g.MaxPool($"{name}.pool", x, kernel: 3, stride: 2, padding: 0));
    }

    // 8×8.
    private static int BlockE(GraphBuilder g, string name, int x, int pooled)
    {
        var one = Conv(g, $"{name}.branch1x1", x, 320, kernel: 1);
        var three = Conv(g, $"{name}.branch3x3_1", x, 384, kernel: 1);
        var twice = Conv(g, $"{name}.branch3x3dbl_1", x, 448, kernel: 1);
        twice = Conv(g, $"{name}.branch3x3dbl_2", twice, 384, kernel: 3, padding: 1);
        return Join(
            g,
            name,
            one,
            Conv(g, $"{name}.branch3x3_2a", three, 384, kernel: (1, 3), padding: (0, 1)),
            Conv(g, $"{name}.branch3x3_2b", three, 384, kernel: (3, 1), padding: (1, 0)),
            Conv(g, $"{name}.branch3x3dbl_3a", twice, 384, kernel: (1, 3), padding: (0, 1)),
            Conv(g, $"{name}.branch3x3dbl_3b", twice, 384, kernel: (3, 1), padding: (1, 0)),
            Conv(g, $"{name}.branch_pool", pooled, 192, kernel: 1));
    }

    private static int Conv(GraphBuilder g, string name, int x, int channels, Sides kernel, int stride = 1, Sides padding = default) =>
        g.Relu($"{name}.relu", g.Conv2d($"{name}.conv", x, channels, kernel, stride, padding));

    private static int Join(GraphBuilder g, string name, params int[] branches)
    {
        var joined = branches[0];
        for (var i = 1; i < branches.Length; i++)
        {
            joined = g.Concat(i == branches.Length - 1 ? name : $"{name}.join_{i}", joined, branches[i]);
        }

        return joined;
    }
}
