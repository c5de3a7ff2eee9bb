using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>Values that a careless kernel loses: far from zero, or beyond what an exponential can hold.</summary>
public class ExtremeValuesTests
{
    public static TheoryData<string> Names => Engines.Names;

    public static TheoryData<string> Managed => new(Engines.Managed.Keys);

    // The variance as a mean of squares less a square of the mean would be rounding alone: libtorch's channels-last kernel is off by 1e-3.
    [Theory]
    [MemberData(nameof(Managed))]
    public void A_norm_of_values_far_from_zero(string engine) => AssertAgrees(engine, (g, x) =>
        g.GroupNorm("norm", g.Affine("far", x, 1, 100), groups: 3, epsilon: 1e-6));

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
