using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Every operation of a graph, alone or nearly so, in ONNX Runtime against float64.</summary>
public sealed class OperationTests
{
    private static readonly Dictionary<string, Func<NetworkGraph>> Graphs = new()
    {
        ["3×3 convolution"] = () => Graph(new(3, 7, 5), (g, x) => g.Conv2d("conv", x, 5, kernel: 3, stride: 1, padding: 1)),
        ["stride 2"] = () => Graph(new(3, 9, 6), (g, x) => g.Conv2d("conv", x, 4, kernel: 3, stride: 2, padding: 1)),
        ["no padding"] = () => Graph(new(2, 8, 8), (g, x) => g.Conv2d("conv", g.PadRightBottom("pad", x), 3, kernel: 3, stride: 2, padding: 0)),
        ["1×1 convolution"] = () => Graph(new(3, 4, 4), (g, x) => g.Conv2d("conv", x, 7, kernel: 1, stride: 1, padding: 0)),
        ["linear on pixels"] = () => Graph(new(5, 3, 4), (g, x) => g.Linear("linear", x, 7)),
        ["linear on vectors"] = () => Graph(new(5, 1, 1), (g, x) => g.Linear("linear", x, 7)),
        ["group norm"] = () => Graph(new(6, 5, 3), (g, x) => g.GroupNorm("norm", x, 3, 1e-5)),
        ["group norm of one group"] = () => Graph(new(3, 4, 4), (g, x) => g.GroupNorm("norm", x, 1, 1e-6)),
        ["silu"] = () => Graph(new(3, 4, 4), (g, x) => g.Silu("silu", x)),
        ["add"] = () => Graph(new(3, 4, 4), (g, x) => g.Add("add", x, g.Silu("silu", x))),
        ["affine"] = () => Graph(new(3, 4, 4), (g, x) => g.Affine("affine", g.Affine("scaled", x, 0.7), 2, -1)),
        ["concat"] = () => Graph(new(3, 4, 4), (g, x) => g.Concat("concat", x, g.Conv2d("conv", x, 5, 1, 1, 0))),
        ["upsample"] = () => Graph(new(3, 3, 5), (g, x) => g.UpsampleNearest("up", x)),
        ["average pool"] = () => Graph(new(3, 6, 4), (g, x) => g.AveragePool("pool", x)),
        ["pad"] = () => Graph(new(3, 4, 6), (g, x) => g.PadRightBottom("pad", x)),
        ["dropout at the end"] = () => Graph(new(3, 4, 4), (g, x) => g.Dropout("dropout", x, 0.5)),
        ["attention"] = () => Graph(new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 1)),
        ["attention of 3 heads"] = () => Graph(new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 3)),
        ["attention over one pixel"] = () => Graph(new(4, 1, 1), (g, x) => g.Attention("attention", x, g.Linear("k", x, 4), g.Linear("v", x, 4), 2)),
        ["attention with memory"] = () => Graph(new(6, 4, 3), (g, x) => g.Attention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 2, ("memory", 5))),
        ["linear attention"] = () => Graph(new(6, 4, 3), (g, x) => g.LinearAttention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 3)),
        ["linear attention with memory"] = () => Graph(new(6, 4, 3), (g, x) => g.LinearAttention("attention", x, g.Linear("k", x, 6), g.Linear("v", x, 6), 2, ("memory", 5))),
        ["rms norm"] = () => Graph(new(6, 5, 3), (g, x) => g.RmsNorm("norm", x, 1e-12)),
        ["rms norm of short vectors"] = () => Graph(new(6, 5, 3), (g, x) => g.RmsNorm("norm", g.Affine("short", x, 1e-13), 1e-12)),
        ["gelu"] = () => Graph(new(6, 5, 3), (g, x) => g.Gelu("gelu", g.Affine("wide", x, 3))),
        ["tokens to pool"] = () => Graph(new(6, 5, 3), (g, x) => g.PoolTokens("tokens", x)),
        ["first pixel"] = () => Graph(new(6, 5, 3), (g, x) => g.FirstPixel("first", x)),
        ["2×2 convolution"] = () => Graph(new(3, 8, 6), (g, x) => g.Conv2d("conv", x, 4, kernel: 2, stride: 2, padding: 0)),
        ["7×7 convolution"] = () => Graph(new(3, 5, 8), (g, x) => g.Conv2d("conv", x, 4, kernel: 7, stride: 1, padding: 3)),
        ["linear without bias"] = () => Graph(new(5, 3, 4), (g, x) => g.Linear("linear", x, 7, hasBias: false)),
        ["vectors without bias"] = () => Graph(new(5, 1, 1), (g, x) => g.Linear("linear", x, 7, hasBias: false)),
        ["time of another period"] = () => Graph(new(8, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 8, false, 1, maxPeriod: 512))),
        ["time"] = () => Graph(new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 4, false, 1))),
        ["time, odd, flipped"] = () => Graph(new(7, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 7, true, 0))),
        ["time, scaled"] = () => Graph(new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Timestep(), 4, false, 1, scale: 0.7))),
        ["scale and shift"] = () => Graph(new(4, 3, 3), (g, x) => g.ScaleShift("apply", x, g.TimestepEmbedding("time", g.Timestep(), 8, false, 0.5))),
        ["label table"] = () => Graph(new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.Embedding("table", g.Label(), 5, 4))),
        ["label through the sinusoid"] = () => Graph(new(4, 3, 3), (g, x) => g.AddPerChannel("add", x, g.TimestepEmbedding("time", g.Label(), 4, false, 1))),
    };

    public static TheoryData<string> Names => [.. Graphs.Keys];

    [Fact]
    public void Every_operation_is_there()
    {
        var all = typeof(Operation).GetNestedTypes().Select(t => t.Name);
        var tested = Graphs.Values.SelectMany(graph => graph().Nodes).Select(n => n.Operation.GetType().Name).Distinct();
        Assert.Equal(all.Order(), tested.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Agrees_with_float64(string name) => OnnxRuntime.AssertAgrees(new NetworkCase(Graphs[name](), seed: 1, count: 3), 3e-6);

    private static NetworkGraph Graph(ImageShape input, Func<GraphBuilder, int, int> write)
    {
        var g = new GraphBuilder(input, classCount: 5);
        write(g, g.X());
        return g.Build();
    }
}
