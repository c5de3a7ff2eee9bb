using CsCheck;
using DiffusionSharp.Cli.Parts;
using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using Net = DiffusionSharp.Onnx.Tests.Kit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Whole U-Nets in ONNX Runtime against the Torch engine.</summary>
public sealed class UNetTests : Scratch
{
    private static readonly UNetConfig Small = UNetConfig.Ddpm(new(3, 8, 8), 8, [1, 2], 1, [4]) with { NormNumGroups = 4 };

    private static readonly Gen<UNetConfig> Configs =
        from levels in Gen.Int[1, 3]
        from groups in Gen.Int[1, 3]
        from widths in Gen.Int[1, 4].Array[levels]
        from sides in Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3])
        from down in Gen.OneOf("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D").Array[levels]
        from up in Gen.OneOf("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D").Array[levels]
        from channels in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4])
        from flags in Gen.Bool.Array[9]
        select new UNetConfig
        {
            Height = sides.Item1 << (levels - 1),
            Width = (sides.Item2 + 1) << (levels - 1),
            InChannels = channels.Item1,
            OutChannels = channels.Item2,
            BlockOutChannels = [.. widths.Select(w => 2 * w * groups)],
            NormNumGroups = groups,
            LayersPerBlock = 1,
            DownBlockTypes = [.. down],
            UpBlockTypes = [.. up],
            FreqShift = flags[0] ? 1 : 0,
            FlipSinToCos = flags[1],
            CenterInputSample = flags[2],
            BaseChannels = 4 * groups,
            AttentionHeadDim = flags[3] ? groups : null,
            ResnetTimeScaleShift = flags[4] ? "scale_shift" : "default",
            ResampleWithConv = flags[5],
            DownsamplePadding = flags[6] ? 1 : 0,
            MidBlockScaleFactor = flags[7] ? 1 : Math.Sqrt(2),
            NumClassEmbeds = flags[8] ? 5 : null,
            ClassEmbedType = flags[8] && flags[0] ? "timestep" : null,
            NormEps = 1e-5,
        };

    [Fact]
    public void Random_networks_agree_with_the_Torch_engine() => Configs.Sample(
        config =>
        {
            var graph = UNet.Build(config);
            var weights = Net.Weights(graph);
            OnnxExport.Network(Model, graph, weights);
            double[] t = [17.5, 998];
            int[] labels = [4, 1];
            Net.AssertNear(Net.Torch(graph, weights, t, labels), Net.OnnxRuntime(Model, graph, t, labels));
        },
        iter: 60,
        threads: 1);

    [Fact]
    public void One_file_takes_any_number_of_images()
    {
        var graph = UNet.Build(Small);
        OnnxExport.Network(Model, graph, Net.Weights(graph));
        using var network = new OnnxRuntimeModel(Model, threads: 1);
        var three = Net.Predict(network, graph, [3, 500, 999], []);
        var one = Net.Predict(network, graph, [3], []);
        Net.AssertNear(one, three.AsSpan(0, one.Length), 1e-5);
        Assert.NotEqual(one, three[one.Length..(2 * one.Length)]);
    }

    public static TheoryData<int> Opsets => [.. Enumerable.Range(OnnxOptions.LeastOpset, OnnxOptions.MostOpset - OnnxOptions.LeastOpset + 1)];

    [Theory]
    [MemberData(nameof(Opsets))]
    public void Every_opset_gives_the_same_numbers(int opset)
    {
        var graph = UNet.Build(Small with { NumClassEmbeds = 3, DownsampleType = "resnet", ResnetTimeScaleShift = "scale_shift", BaseChannels = 12 });
        var weights = Net.Weights(graph);
        OnnxExport.Network(Model, graph, weights, new OnnxOptions { Opset = opset });
        Net.AssertNear(Net.Torch(graph, weights, [0, 700], [2, 0]), Net.OnnxRuntime(Model, graph, [0, 700], [2, 0]), 2e-5);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(-1)]
    public void Other_opsets_are_refused(int opset)
    {
        var e = Assert.Throws<DiffusionException>(() => new OnnxOptions { Opset = opset });
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("from 13 to 23", e.Message);
    }

    [Fact]
    public void Timesteps_keep_every_digit()
    {
        // cos(t) alone in the image: float32 would lose the sixth digit of t.
        var g = new GraphBuilder(new(2, 1, 1));
        g.AddPerChannel("add", g.Affine("zero", g.X(), 0), g.TimestepEmbedding("time", g.Timestep(), 2, false, 0));
        var graph = g.Build();
        OnnxExport.Network(Model, graph, Net.Weights(graph));
        const double t = 998.123456789;
        var both = Net.OnnxRuntime(Model, graph, [t], []);
        Assert.Equal(Math.Sin(t), both[0], 1e-7);
        Assert.Equal(Math.Cos(t), both[1], 1e-7);
    }
}
