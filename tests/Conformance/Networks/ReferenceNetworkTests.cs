using TestKit;

namespace Conformance.Networks;

/// <summary>The float64 evaluation that engines are measured against, against float64 runs of the reference implementations.</summary>
public class ReferenceNetworkTests
{
    public static TheoryData<string> Networks => Shared.Exists
        ? new(GoldenModel.All.Values.Where(m => m.Output.EndsWith("f64", StringComparison.Ordinal)).Select(m => m.Name))
        : new(GoldenRuns.Absent);

    // They make the sinusoid of t in float32 even then, which is most of the difference where a network depends on t at all.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Networks))]
    public void Agrees_with_the_reference_implementations(string network)
    {
        var golden = GoldenNetwork.Open(network);
        var depends = !golden.Golden.Json.TryGetProperty("t_sensitivity", out var sensitivity) || sensitivity.EnumerateObject().First().Value.GetDouble() > 1e-5;
        Assert.InRange(Relative.MaxDifference(golden.Call.Reference(), golden.Expected), 0, depends ? 3e-6 : 1e-12);
    }
}
