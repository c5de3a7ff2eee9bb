using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Networks;

/// <summary>The network's output against the reference implementations' (goldens 01 and 06).</summary>
public class UNetGoldenTests
{
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("01_unet_ch32_m21_r1_a8_16px", "model.safetensors")]
    [InlineData("01_unet_ch32_m21_r1_a4_8px_activations", "../01_unet_ch32_m21_r1_a8_16px/model.safetensors")]
    [InlineData("01_unet_ch32_m11_r2_a16_noconv_32px", "model.safetensors")]
    public void Ermongroup_networks_agree_with_the_reference(string name, string weights)
    {
        var golden = new GoldenCase(name);
        var model = new ErmongroupModel(golden, weights);
        WeightsCheck.Against(weights, model.Graph.Parameters.Select(p => KeyValuePair.Create(p.Name, (IReadOnlyList<int>)p.Shape)), model.Weights.Select(w => KeyValuePair.Create(w.Key, w.Value.Shape)));
        AssertOutput(golden, model.Graph, model.Weights, "eps_f64", []);
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData(true)]
    [InlineData(false)]
    public void A_diffusers_folder_agrees_with_the_reference(bool channelsLast)
    {
        var golden = new GoldenCase("06_diffusers_unet2d_cifar10like");
        var config = UNetConfigJson.Read(golden.Path("config.json"));
        using var file = SafetensorsFile.Open(golden.Path("diffusion_pytorch_model.safetensors"));
        var weights = file.Tensors.Keys.ToDictionary(n => n, n => file.ReadFloat32(n));
        AssertOutput(golden, UNet.Build(config), weights, "out_f64", [], channelsLast);
    }

    private static void AssertOutput(
        GoldenCase golden, NetworkGraph graph, IReadOnlyDictionary<string, HostTensor> weights, string expected, int[] labels, bool channelsLast = true)
    {
        using var denoiser = new TorchDenoiser(graph, p => weights[p.Name], new TorchOptions { ChannelsLast = channelsLast });
        var shape = golden.Shape("x");
        var prediction = new float[golden.Doubles(expected).Length];
        var input = new DenoiserInput
        {
            Count = shape[0],
            Shape = new ImageShape(shape[1], shape[2], shape[3]),
            X = golden.Floats("x"),
            Timesteps = golden.Doubles("t"),
            Labels = labels,
        };
        denoiser.Predict(input, prediction);

        var tolerance = golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble();
        Assert.InRange(Relative.MaxDifference(prediction, golden.Doubles(expected)), 0, tolerance);
    }
}
