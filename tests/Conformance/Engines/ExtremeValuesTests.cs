using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>Values that a careless kernel loses: far from zero, or beyond what an exponential can hold.</summary>
public class ExtremeValuesTests
{
    public static TheoryData<string> Names => Engines.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Attention_with_large_scores(string engine) => AssertAgrees(engine, (g, x) =>
    {
        var large = g.Affine("large", x, 12);
        return g.Attention("attention", large, large, x, heads: 2);
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Silu_of_large_values(string engine) => AssertAgrees(engine, (g, x) => g.Silu("silu", g.Affine("large", x, 100)));

    private static void AssertAgrees(string engine, Func<GraphBuilder, int, int> write)
    {
        var g = new GraphBuilder(new ImageShape(6, 9, 7));
        write(g, g.X());
        var network = new NetworkCase(g.Build(), seed: 3, count: 2);
        Relative.AssertWithin(2e-5, network.Predict(Engines.Get(engine)), network.Reference(), engine);
    }
}
