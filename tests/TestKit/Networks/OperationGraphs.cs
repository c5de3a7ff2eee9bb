using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>Every operation of a graph, alone or nearly so, in each of its forms.</summary>
public static class OperationGraphs
{
    private static readonly Dictionary<string, (ImageShape Input, Func<GraphBuilder, int, int> Write)> All = new()
    {
        ["3×3 convolution"] = (new(3, 7, 5), (g, x) => g.Conv2d("conv", x, 5, kernel: 3, stride: 1, padding: 1)),
        ["stride 2"] = (new(3, 9, 6), (g, x) => g.Conv2d("conv", x, 4, kernel: 3, stride: 2, padding: 1)),
        ["no padding"] = (new(2, 8, 8), (g, x) => g.Conv2d("conv", g.PadRightBottom("pad", x), 3, kernel: 3, stride: 2, padding: 0)),
        ["1×1 convolution"] = (new(3, 4, 4), (g, x) => g.Conv2d("conv", x, 7, kernel: 1, stride: 1, padding: 0)),
        ["linear on pixels"] = (new(5, 3, 4), (g, x) => g.Linear("linear", x, 7)),
        ["linear on vectors"] = (new(5, 1, 1), (g, x) => g.Linear("linear", x, 7)),
        ["group norm"] = (new(6, 5, 3), (g, x) => g.GroupNorm("norm", x, 3, 1e-5)),
        ["group norm of one group"] = (new(3, 4, 4), (g, x) => g.GroupNorm("norm", x, 1, 1e-6)),
        ["silu"] = (new(3, 4, 4), (g, x) => g.Silu("silu", x)),
        ["add"] = (new(3, 4, 4), (g, x) => g.Add("add", x, g.Silu("silu", x))),
        ["affine"] = (new(3, 4, 4), (g, x) => g.Affine("affine", g.Affine("scaled", x, 0.7), 2, -1)),
        ["concat"] = (new(3, 4, 4), (g, x) => g.Concat("concat", x, g.Conv2d("conv", x, 5, 1, 1, 0))),
        ["upsample"] = (new(3, 3, 5), (g, x) => g.UpsampleNearest("up", x)),
        ["average pool"] = (new(3, 6, 4), (g, x) => g.AveragePool("pool", x)),
        ["pad"] = (new(3, 4, 6), (g, x) => g.PadRightBottom("pad", x)),
        ["dropout at the end"] = (new(3, 4, 4), (g, x) => g.Dropout("dropout", x, 0.5)),
        ["attention"] = (new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 1)),
        ["attention of 3 heads"] = (new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 3)),
        ["attention over one pixel"] = (new(4, 1, 1), (g, x) => g.Attention("attention", x, g.Linear("k", x, 4), g.Linear("v", x, 4), 2)),
        ["attention with memory"] = (new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 2, ("memory", 5))),
        ["linear attention"] = (new(6, 4, 3), (g, x) => g.LinearAttention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 3)),
        ["linear attention with memory"] = (new(6, 4, 3), (g, x) => g.LinearAttention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 2, ("memory", 5))),
        ["rms norm"] = (new(6, 5, 3), (g, x) => g.RmsNorm("norm", x, 1e-12)),
        ["rms norm of short vectors"] = (new(6, 5, 3), (g, x) => g.RmsNorm("norm", g.Affine("short", x, 1e-13), 1e-12)),
        ["gelu"] = (new(6, 5, 3), (g, x) => g.Gelu("gelu", g.Affine("wide", x, 3))),
        ["tokens to pool"] = (new(6, 5, 3), (g, x) => g.PoolTokens("tokens", x)),
        ["first pixel"] = (new(6, 5, 3), (g, x) => g.FirstPixel("first", x)),
        ["2×2 convolution"] = (new(3, 8, 6), (g, x) => g.Conv2d("conv", x, 4, kernel: 2, stride: 2, padding: 0)),
        ["7×7 convolution"] = (new(3, 5, 8), (g, x) => g.Conv2d("conv", x, 4, kernel: 7, stride: 1, padding: 3)),
        ["1×7 convolution"] = (new(3, 5, 8), (g, x) => g.Conv2d("conv", x, 4, kernel: (1, 7), stride: 1, padding: (0, 3))),
        ["3×1 convolution"] = (new(3, 5, 8), (g, x) => g.Conv2d("conv", x, 4, kernel: (3, 1), stride: 1, padding: (1, 0))),
        ["2×3 convolution of stride 2"] = (new(3, 6, 7), (g, x) => g.Conv2d("conv", x, 4, kernel: (2, 3), stride: 2, padding: (0, 1))),
        ["relu"] = (new(6, 5, 3), (g, x) => g.Relu("relu", x)),
        ["relu behind a sum"] = (new(5, 6, 5), (g, x) => g.Relu("relu", g.Add("add", x, g.Conv2d("conv", x, 5, kernel: 3, stride: 1, padding: 1)))),
        ["largest of windows"] = (new(3, 7, 9), (g, x) => g.MaxPool("pool", x, kernel: 3, stride: 2, padding: 0)),
        ["largest of windows over the border"] = (new(3, 6, 5), (g, x) => g.MaxPool("pool", x, kernel: 3, stride: 2, padding: 1)),
        ["mean of windows over the border"] = (new(3, 6, 5), (g, x) => g.MeanPool("pool", x, kernel: 3, stride: 1, padding: 1)),
        ["mean of all pixels"] = (new(6, 5, 3), (g, x) => g.MeanPixel("pixel", x)),
        ["linear without bias"] = (new(5, 3, 4), (g, x) => g.Linear("linear", x, 7, hasBias: false)),
        ["vectors without bias"] = (new(5, 1, 1), (g, x) => g.Linear("linear", x, 7, hasBias: false)),
        ["time of another period"] = (new(8, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 8, false, 1, maxPeriod: 512))),
        ["time"] = (new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 4, false, 1))),
        ["time, odd, flipped"] = (new(7, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 7, true, 0))),
        ["time, scaled"] = (new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 4, false, 1, scale: 0.7))),
        ["scale and shift"] = (new(4, 3, 3), (g, x) => g.ScaleShift("apply", x, g.TimestepEmbedding("time", g.Timestep(), 8, false, 0.5))),
        ["label table"] = (new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.Embedding("table", g.Label(), 5, 4))),
        ["label through the sinusoid"] = (new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Label(), 4, false, 1))),
    };

    /// <summary>What they are of.</summary>
    public static IEnumerable<string> Names => All.Keys;

    /// <summary>The operation as a network.</summary>
    public static NetworkGraph Build(string name)
    {
        var (input, write) = All[name];
        var g = new GraphBuilder(input, classCount: 5);
        write(g, g.X());
        return g.Build();
    }

    /// <summary>A call with random weights and images.</summary>
    public static NetworkCase Case(string name) => new(Build(name), seed: 1, count: 3);

    /// <summary>A network of its input's shape, whose gradient goes through all values of the operation to weights before it.</summary>
    public static NetworkGraph ForTraining(string name)
    {
        var (input, write) = All[name];
        var g = new GraphBuilder(input, classCount: 5);
        var x = g.X();
        var y = write(g, g.Linear("before", x, input.Channels));
        var mean = g.FirstPixel("mean", g.PoolTokens("behind", g.Silu("bent", y)));
        g.AddPerChannel("sum", g.Linear("beside", x, input.Channels), g.Linear("after", mean, input.Channels));
        return g.Build();
    }
}
