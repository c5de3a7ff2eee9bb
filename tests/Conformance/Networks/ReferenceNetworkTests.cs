using TestKit;

namespace Conformance.Networks;

/// <summary>The float64 evaluation that engines are measured against, against float64 runs of the reference implementations.</summary>
public class ReferenceNetworkTests
{
    // They make the sinusoid of t in float32 even then, which is most of the difference; one network does not depend on t.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("01_unet_ch32_m11_r2_a16_noconv_32px", 1e-12)]
    [InlineData(GoldenNetwork.Shared16, 2e-6)]
    [InlineData(GoldenNetwork.Activations, 2e-6)]
    [InlineData("06_diffusers_unet2d_cifar10like/", 2e-6)]
    [InlineData("06_diffusers_unet2d_scale_shift_class_noattnmid", 2e-6)]
    [InlineData(GoldenNetwork.Guided, 3e-6)]
    [InlineData("08_lucidrains_dim8_m12", 2e-6)]
    public void Agrees_with_the_reference_implementations(string network, double bound)
    {
        var golden = GoldenNetwork.Open(network);
        Assert.InRange(Relative.MaxDifference(golden.Call.Reference(), golden.Expected), 0, bound);
    }
}
