using Conformance.Networks;
using TestKit;

namespace Conformance.Engines;

/// <summary>Every engine's output against the reference implementations' (goldens 01, 06, 07 and 08), read from the files those wrote.</summary>
public class GoldenTests
{
    public static TheoryData<string, string> Calls => Engines.With(GoldenNetwork.Names);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Calls))]
    public void An_engine_agrees(string engine, string network)
    {
        var golden = GoldenNetwork.Open(network);
        var prediction = golden.Call.Predict(Engines.Get(engine));
        Assert.InRange(Relative.MaxDifference(prediction, golden.Expected), 0, golden.Tolerance);
    }
}
