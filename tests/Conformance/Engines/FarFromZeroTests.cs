using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>
/// Norms of values far from zero, on the managed engine only: the variance as a mean of squares less a square of the mean would be rounding alone, and
/// libtorch's channels-last kernel is off by 1e-3.
/// </summary>
public class FarFromZeroTests
{
    public static TheoryData<string> Names => Engines.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_norm_of_values_far_from_zero(string engine)
    {
        var g = new GraphBuilder(new ImageShape(6, 9, 7));
        g.GroupNorm("norm", g.Affine("far", g.X(), 1, 100), groups: 3, epsilon: 1e-6);
        var network = new NetworkCase(g.Build(), seed: 3, count: 2);
        Relative.AssertWithin(2e-5, network.Predict(Engines.Get(engine)), network.Reference(), engine);
    }
}
