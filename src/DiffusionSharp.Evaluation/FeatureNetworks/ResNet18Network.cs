using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// The ResNet-18 (He et al. 2015) of the package Microsoft.ML.DnnImageFeaturizer.ResNet18, without classes: 512 features. Unlike the paper's its last level has three blocks,
/// not two. A convolution and the batch norm behind it are one node; names are as torchvision's.
/// </summary>
internal static class ResNet18Network
{
    /// <summary>What it takes: 224×224, in the order of planes and with the values of its weights.</summary>
    public static ImageShape Input { get; } = new(3, 224, 224);

    /// <summary>Builds the network.</summary>
    /// <returns>The graph; x [N, 3, 224, 224] goes in, [N, 512, 1, 1] comes out.</returns>
    public static NetworkGraph Build()
    {
        var g = new GraphBuilder(Input);
        var h = g.Relu("relu", g.Conv2d("conv1", g.X(), 64, kernel: 7, stride: 2, padding: 3));
        h = g.MaxPool("maxpool", h, kernel: 3, stride: 2, padding: 1);
        for (var level = 1; level <= 4; level++)
        {
            for (var block = 0; block < (level == 4 ? 3 : 2); block++)
            {
                h = Block(g, $"layer{level}.{block}", h, 32 << level, stride: level > 1 && block == 0 ? 2 : 1);
            }
        }

        g.MeanPixel("avgpool", h);
        return g.Build();
    }

    private static int Block(GraphBuilder g, string name, int x, int channels, int stride)
    {
        var shortcut = stride == 1 ? x : g.Conv2d($"{name}.downsample", x, channels, kernel: 1, stride, padding: 0);
        var h = g.Relu($"{name}.relu1", g.Conv2d($"{name}.conv1", x, channels, kernel: 3, stride, padding: 1));
        h = g.Conv2d($"{name}.conv2", h, channels, kernel: 3, stride: 1, padding: 1);
        return g.Relu($"{name}.relu2", g.Add($"{name}.add", h, shortcut));
    }
}
