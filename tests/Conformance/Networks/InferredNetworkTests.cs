using DiffusionSharp.Networks;
using TestKit;

namespace Conformance.Networks;

/// <summary>What names and shapes of the goldens' checkpoints say of their networks, against the flags those were made with.</summary>
public class InferredNetworkTests
{
    public static TheoryData<string> Models => Shared.Exists ? new(GoldenModel.All.Keys) : new(GoldenRuns.Absent);

    private static UNetConfig Guided { get; } = new()
    {
        Height = 8,
        Width = 8,
        OutChannels = 6,
        FreqShift = 0,
        FlipSinToCos = true,
        DownBlockTypes = ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
        UpBlockTypes = ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
        DownsamplePadding = 1,
        DownsampleType = "resnet",
        UpsampleType = "resnet",
        BlockOutChannels = [32, 32],
        LayersPerBlock = 1,
        AttentionHeadDim = 16,
        AttnNormNumGroups = 32,
        NormEps = 1e-5,
        ResnetTimeScaleShift = "scale_shift",
        NumClassEmbeds = 10,
    };

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Models))]
    public void The_parameters_are_as_many_as_the_reference_counted(string name)
    {
        var model = GoldenModel.All[name];
        if (model.Golden.Json.TryGetProperty("parameters", out var count))
        {
            Assert.Equal(count.GetInt64(), model.Open().Network.Build().ParameterCount);
        }
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_options_are_those_of_the_cases()
    {
        Assert.All(GoldenRuns.CasesOf("01_unet"), name => Assert.Equal(ErmongroupModel.ReadConfig(new GoldenCase(name).Json.GetProperty("config")), Network(name)));
        Assert.Equal(Guided, Network(GoldenNetwork.Guided));
        Assert.Equal(new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 8, DimMults = [1, 2], AttnDimHead = [8] }, Network("08_lucidrains_dim8_m12"));

        static NetworkConfig Network(string name) => GoldenModel.All[name].Open().Network;
    }
}
