using Conformance.Networks;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Engines;

/// <summary>The U-Net of denoising-diffusion-pytorch on every engine, with both sets of weights of its checkpoint (golden 08).</summary>
public class LucidrainsGoldenTests
{
    private static readonly (bool Raw, string Output)[] Sets = [(true, "out_model"), (false, "out_ema")];

    public static TheoryData<string> Names => Engines.Names;

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Names))]
    public void An_engine_agrees(string engine)
    {
        var golden = new LucidrainsGolden();
        var tolerance = golden.Golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble();
        foreach (var (raw, output) in Sets)
        {
            Relative.AssertWithin(tolerance, golden.Call(raw).Predict(Engines.All[engine]), golden.Golden.Doubles(output), $"{engine}, {output}");
        }
    }

    // What is left is the reference's sinusoid, which it makes in float32 even then.
    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void So_does_the_evaluation_in_float64()
    {
        var golden = new LucidrainsGolden();
        Assert.InRange(Relative.MaxDifference(golden.Call(raw: true).Reference(), golden.Golden.Doubles("out_model_f64")), 0, 2e-6);
    }

    // diffusers has no such network: the folder keeps names and shapes.
    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void A_converted_folder_is_the_same_model()
    {
        var golden = new LucidrainsGolden();
        var root = Directory.CreateTempSubdirectory("lucidrains-test-");
        try
        {
            var source = ModelSource.Open(golden.Golden.Path("model-1.pt"), raw: false, new CheckpointFacts { Height = 8, Width = 8 });
            var report = ModelConverter.Convert(source, Path.Combine(root.FullName, "model"));
            Assert.Equal("LucidrainsUnet", report.NetworkClass);
            Assert.Equal(0, report.MaxDifference);
            var folder = ModelSource.Open(Path.Combine(root.FullName, "model"));
            Assert.Equal(source.Network, folder.Network);
            Assert.Equal(source.Scheduler, folder.Scheduler);
            using var weights = folder.OpenWeights();
            var expected = golden.Call(raw: false).Weights;
            Assert.All(weights.ReadAll(), p => Assert.Equal(expected[p.Key].Data, p.Value.Data));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_network_is_that_of_the_case()
    {
        var golden = new LucidrainsGolden();
        var graph = golden.Call(raw: false).Graph;
        Assert.Equal(golden.Golden.Json.GetProperty("parameters").GetInt64(), graph.ParameterCount);
        Assert.Equal(new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 8, DimMults = [1, 2], AttnDimHead = [8] }, golden.Model(raw: false).Network);
    }
}
