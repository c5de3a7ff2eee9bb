using Conformance.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>Every operation of a graph, alone or nearly so, on every engine against float64.</summary>
public class OperationTests
{
    public static TheoryData<string> Names => [.. OperationGraphs.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_engine_agrees_with_float64(string name)
    {
        Engines.Require();
        var network = OperationGraphs.Case(name);
        var reference = network.Reference();
        Assert.All(Engines.Usable, e => Relative.AssertWithin(Engines.Rounding, network.Predict(e.Value), reference, e.Key));
    }
}
