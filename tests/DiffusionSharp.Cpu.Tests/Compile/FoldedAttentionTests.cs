using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Compile;

/// <summary>An attention with one head needs two of its four projections, and takes the addition behind it in.</summary>
public class FoldedAttentionTests
{
    private const int Channels = 20;

    public static TheoryData<string> Folded => new(FoldedGraphs.Keys);

    public static TheoryData<string> Others => new(OtherGraphs.Keys);

    private static Dictionary<string, Func<GraphBuilder, int, int>> FoldedGraphs { get; } = new()
    {
        ["matrices"] = (g, x) => g.Add("add", x, Out(g, g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1))),
        ["without biases"] = (g, x) => g.Add("add", Out(g, g.Attention("a", Q(g, x, false), K(g, x, false), V(g, x, false), heads: 1), hasBias: false), x),
        ["a bias of the values alone"] = (g, x) => g.Add("add", x, Out(g, g.Attention("a", Q(g, x, false), K(g, x), V(g, x), heads: 1), hasBias: false)),
        ["convolutions"] = (g, x) => g.Add("add", x, Conv(g, "out", g.Attention("a", Conv(g, "q", x), Conv(g, "k", x), Conv(g, "v", x), heads: 1))),
        ["a node that nobody reads"] = (g, x) =>
        {
            var a = g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1);
            g.Gelu("unread", x);
            return Out(g, a);
        },
        ["dropout"] = (g, x) =>
        {
            var (h, v) = (g.Dropout("d", x, 0.1), V(g, x));
            var a = g.Attention("a", Q(g, h), g.Dropout("dk", K(g, x), 0.1), v, heads: 1);
            return g.Dropout("dadd", g.Add("add", h, Out(g, g.Dropout("da", a, 0.1))), 0.1);
        },
    };

    private static Dictionary<string, Func<GraphBuilder, int, int>> OtherGraphs { get; } = new()
    {
        ["two heads"] = (g, x) => Out(g, g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 2)),
        ["learned keys and values"] = (g, x) => Out(g, g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1, ("memory", 3))),
        ["linear attention"] = (g, x) => Out(g, g.LinearAttention("a", Q(g, x), K(g, x), V(g, x), heads: 1)),
        ["keys are values"] = (g, x) =>
        {
            var k = K(g, x);
            return Out(g, g.Attention("a", Q(g, x), k, k, heads: 1));
        },
        ["keys are read again"] = (g, x) =>
        {
            var k = K(g, x);
            return g.Add("add", k, Out(g, g.Attention("a", Q(g, x), k, V(g, x), heads: 1)));
        },
        ["the result is read again"] = (g, x) =>
        {
            var a = g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1);
            return g.Add("add", a, Out(g, a));
        },
        ["queries of another node"] = (g, x) => Out(g, g.Attention("a", Q(g, g.Silu("s", x)), K(g, x), V(g, x), heads: 1)),
        ["values of another node"] = (g, x) => Out(g, g.Attention("a", Q(g, x), K(g, x), V(g, g.Silu("s", x)), heads: 1)),
        ["keys as they are"] = (g, x) => Out(g, g.Attention("a", Q(g, x), x, V(g, x), heads: 1)),
        ["a wide head"] = (g, x) => Out(g, g.Attention("a", Q(g, x, width: 24), K(g, x, width: 24), V(g, x, width: 24), heads: 1), width: 24),
        ["a wide result"] = (g, x) => Out(g, g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1), width: 24),
        ["a convolution of 3×3"] = (g, x) => g.Conv2d("out", g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1), Channels, kernel: 3, stride: 1, padding: 1),
        ["something in between"] = (g, x) => Out(g, g.Silu("s", g.Attention("a", Q(g, x), K(g, x), V(g, x), heads: 1))),
    };

    [Theory]
    [MemberData(nameof(Folded))]
    public void Two_matrices_and_the_addition_go(string name)
    {
        var network = Case(FoldedGraphs[name]);
        using var denoiser = (CpuDenoiser)network.On(CpuEngine.Default);
        Assert.Equal(["attention", "input", "norm.weight", "output", "q.weight·k.weight", "v.weight·out.weight"], denoiser.Steps.Order(StringComparer.Ordinal));
        AssertAgrees(network, WeightPrecision.Float32, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void What_is_another_attention_stays(string name)
    {
        var network = Case(OtherGraphs[name]);
        using var denoiser = (CpuDenoiser)network.On(CpuEngine.Default);
        Assert.Contains("q.weight", denoiser.Steps);
        Assert.Contains("out.weight", denoiser.Steps);
        AssertAgrees(network, WeightPrecision.Float32, 2e-5);
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16, 2e-2)]
    [InlineData(WeightPrecision.Half, 2e-3)]
    public void Products_are_stored_in_16_bits(WeightPrecision precision, double tolerance) => AssertAgrees(Case(FoldedGraphs["matrices"]), precision, tolerance);

    [Fact]
    public void Names_are_short()
    {
        using var denoiser = (CpuDenoiser)SmallUNets.Case("6×6 and 3×3", images: 1).On(CpuEngine.Default);
        Assert.Contains("mid_block.attentions.0.to_q.weight·to_k.weight", denoiser.Steps);
        Assert.Contains("mid_block.attentions.0.to_v.weight·to_out.0.weight", denoiser.Steps);
    }

    private static int Q(GraphBuilder g, int x, bool hasBias = true, int width = Channels) => g.Linear("q", x, width, hasBias: hasBias);

    private static int K(GraphBuilder g, int x, bool hasBias = true, int width = Channels) => g.Linear("k", x, width, hasBias: hasBias);

    private static int V(GraphBuilder g, int x, bool hasBias = true, int width = Channels) => g.Linear("v", x, width, hasBias: hasBias);

    private static int Out(GraphBuilder g, int x, bool hasBias = true, int width = Channels) => g.Linear("out", x, width, hasBias: hasBias);

    private static int Conv(GraphBuilder g, string name, int x) => g.Conv2d(name, x, Channels, kernel: 1, stride: 1, padding: 0);

    // Biases are large, so that none can be forgotten.
    private static NetworkCase Case(Func<GraphBuilder, int, int> write)
    {
        var g = new GraphBuilder(new ImageShape(Channels, 5, 7));
        write(g, g.GroupNorm("norm", g.X(), groups: 4, epsilon: 1e-6));
        var drawn = new NetworkCase(g.Build(), seed: 4, count: 3);
        return new NetworkCase(drawn.Graph, seed: 4, count: 3)
        {
            Weights = drawn.Weights.ToDictionary(w => w.Key, w => w.Key.EndsWith(".bias", StringComparison.Ordinal) ? Large(w.Value) : w.Value),
        };

        static HostTensor Large(HostTensor bias) => new([.. bias.Shape], Array.ConvertAll(bias.Data, v => 8 * v));
    }

    private static void AssertAgrees(NetworkCase network, WeightPrecision precision, double tolerance)
    {
        var reference = network.Reference();
        var largest = reference.Max(Math.Abs);
        foreach (var bits in (int[])[128, 256, 512])
        {
            var actual = network.Predict(CpuEngine.With(new CpuOptions { VectorBits = bits, Threads = 2, WeightPrecision = precision }));
            Assert.InRange(Error.Largest(reference, actual), 0, tolerance * largest);
        }
    }
}
