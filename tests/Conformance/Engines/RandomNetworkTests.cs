using Conformance.Networks;
using CsCheck;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>Random networks on every engine, against float64; and where an engine promises it, all its forms bit for bit.</summary>
public class RandomNetworkTests
{
    // Not from inside of CsCheck, which would take a skipped test for a failed one.
    public RandomNetworkTests() => Engines.Require();

    [Fact]
    public void Random_graphs() => RandomGraph.Cases.Sample(Agree, iter: 200, threads: 1);

    [Fact]
    public void Random_UNets() => RandomUNet.Cases.Sample(Agree, iter: 60, threads: 1);

    [Fact]
    public void Random_UNets_of_lucidrains() => RandomLucidrainsUNet.Cases.Sample(Agree, iter: 30, threads: 1);

    private static void Agree(NetworkCase network)
    {
        var reference = network.Reference();
        var predictions = Engines.Usable.ToDictionary(e => e.Key, e => network.Predict(e.Value));
        foreach (var (name, prediction) in predictions)
        {
            Relative.AssertWithin(Engines.Rounding, prediction, reference, name);
        }

        var first = predictions.First();
        foreach (var (name, prediction) in predictions.Where(_ => Engines.AreTheSame))
        {
            Assert.True(Bits.AreEqual(prediction, first.Value), $"{name} differs from {first.Key}");
        }
    }
}
