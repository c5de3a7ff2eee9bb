using DiffusionSharp.Networks;

namespace DiffusionSharp.Tests.Networks;

/// <summary>A shape that does not fit is an error that names the node.</summary>
public class GraphBuilderTests
{
    [Fact]
    public void Misfits_name_their_node()
    {
        var g = new GraphBuilder(new ImageShape(6, 5, 4));
        var (x, t) = (g.X(), g.Timestep());
        var wide = g.Conv2d("wide", x, 12, kernel: 3, stride: 1, padding: 1);
        var small = g.Conv2d("small", x, 6, kernel: 3, stride: 2, padding: 1);
        var vector = g.TimestepEmbedding("vector", t, 8, flipSinToCos: false, freqShift: 1);
        AssertNamed("add", n => g.Add(n, x, wide), "6×5×4", "12×5×4");
        AssertNamed("concat", n => g.Concat(n, x, small), "6×5×4", "6×3×2", "divisible by 2");
        AssertNamed("norm", n => g.GroupNorm(n, x, 4, 1e-6), "6 channels", "4 groups");
        AssertNamed("pool", n => g.AveragePool(n, x), "6×5×4");
        AssertNamed("per_channel", n => g.AddPerChannel(n, x, vector), "8×1×1");
        AssertNamed("scale", n => g.ScaleShift(n, x, vector), "8×1×1");
        AssertNamed("heads", n => g.Attention(n, x, x, x, 4), "6 channels", "4 heads");
        AssertNamed("qkv", n => g.Attention(n, x, x, wide, 1), "12×5×4");
        AssertNamed("kernel", n => g.Conv2d(n, x, 3, kernel: 7, stride: 1, padding: 0), "7×7 kernel");
        AssertNamed("row", n => g.Conv2d(n, x, 3, kernel: (1, 5), stride: 1, padding: (1, 0)), "1×5 kernel", "padding 1×0");
        AssertNamed("windows", n => g.MaxPool(n, x, kernel: 7, stride: 1, padding: 0), "7×7 kernel");
        AssertNamed("border", n => g.MeanPool(n, x, kernel: 3, stride: 1, padding: 2), "padding of 2", "window of 3");
        AssertNamed("none", n => g.Conv2d(n, x, 0, kernel: 3, stride: 1, padding: 1), "empty");
        AssertNamed("sinusoid", n => g.TimestepEmbedding(n, t, 2, false, freqShift: 1), "dimension 2");
        AssertNamed("wide", n => g.Silu(n, x), "twice");
    }

    [Fact]
    public void Shapes_are_inferred()
    {
        var g = new GraphBuilder(new ImageShape(6, 8, 4));
        var x = g.X();
        Assert.Equal(new ImageShape(6, 16, 8), g.Shape(g.UpsampleNearest("up", x)));
        Assert.Equal(new ImageShape(6, 9, 5), g.Shape(g.PadRightBottom("pad", x)));
        Assert.Equal(new ImageShape(3, 4, 2), g.Shape(g.Conv2d("conv", g.PadRightBottom("pad2", x), 3, kernel: 3, stride: 2, padding: 0)));
        Assert.Equal(new ImageShape(6, 4, 2), g.Shape(g.AveragePool("pool", x)));
        Assert.Equal(new ImageShape(3, 8, 4), g.Shape(g.Conv2d("row", x, 3, kernel: (1, 3), stride: 1, padding: (0, 1))));
        Assert.Equal(new ImageShape(6, 3, 1), g.Shape(g.MaxPool("largest", x, kernel: 3, stride: 2, padding: 0)));
        Assert.Equal(new ImageShape(6, 8, 4), g.Shape(g.MeanPool("mean", x, kernel: 3, stride: 1, padding: 1)));
        Assert.Equal(new ImageShape(6, 1, 1), g.Shape(g.MeanPixel("pixel", x)));
        Assert.Equal(new ImageShape(12, 8, 4), g.Shape(g.Concat("concat", x, x)));
        Assert.Equal(x, g.Dropout("dropout", x, 0));
    }

    private static void AssertNamed(string name, Func<string, int> build, params string[] numbers)
    {
        var e = Assert.Throws<DiffusionException>(() => build(name));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.StartsWith($"network node {name}:", e.Message, StringComparison.Ordinal);
        Assert.All(numbers, n => Assert.Contains(n, e.Message));
    }
}
