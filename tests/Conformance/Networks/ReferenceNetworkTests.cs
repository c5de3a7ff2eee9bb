using TestKit;

namespace Conformance.Networks;

/// <summary>The float64 evaluation that engines are measured against, against float64 runs of the reference implementations.</summary>
public class ReferenceNetworkTests
{
    // They make the sinusoid of t in float32 even then, which is most of the difference; one network does not depend on t.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData(GoldenNetwork.NoConvolutions, 1e-12)]
    [InlineData(GoldenNetwork.Shared16, 2e-6)]
    [InlineData(GoldenNetwork.Activations, 2e-6)]
    [InlineData(GoldenNetwork.Diffusers, 2e-6)]
    [InlineData(GoldenNetwork.ScaleShift, 2e-6)]
    public void Agrees_with_the_reference_implementations(string network, double bound)
    {
        var golden = GoldenNetwork.Open(network);
        Assert.InRange(Relative.MaxDifference(golden.Call.Reference(), golden.Expected), 0, bound);
    }
}
