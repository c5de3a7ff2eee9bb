using Conformance.Networks;
using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using DiffusionSharp.Weights;
using TestKit;
using Net = DiffusionSharp.Onnx.Tests.Kit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Exported networks in ONNX Runtime against the outputs of the reference implementations (goldens 01 and 06).</summary>
public sealed class GoldenTests : Scratch
{
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("01_unet_ch32_m21_r1_a8_16px")]
    [InlineData("01_unet_ch32_m11_r2_a16_noconv_32px")]
    public void Ermongroup_networks_agree_with_the_reference(string name)
    {
        var golden = new GoldenCase(name);
        var model = new ErmongroupModel(golden, "model.safetensors");
        AssertOutput(golden, model.Graph, p => model.Weights[p.Name], "eps_f64");
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void A_diffusers_network_agrees_with_the_reference()
    {
        var golden = new GoldenCase("06_diffusers_unet2d_cifar10like");
        using var file = SafetensorsFile.Open(golden.Path("diffusion_pytorch_model.safetensors"));
        AssertOutput(golden, UNet.Build(UNetConfigJson.Read(golden.Path("config.json"))), p => file.ReadFloat32(p.Name), "out_f64");
    }

    private void AssertOutput(GoldenCase golden, NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, string expected)
    {
        OnnxExport.Network(Model, graph, weights);
        using var network = new Cli.Parts.OnnxRuntimeModel(Model, threads: 1);
        var prediction = Net.Predict(network, graph, golden.Doubles("t"), [], golden.Floats("x"));
        Net.AssertNear(golden.Floats(expected), prediction, golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble());
    }
}
