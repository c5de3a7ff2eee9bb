using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
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

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void Scale_shift_and_class_labels_agree_with_the_reference()
    {
        var golden = new GoldenCase("06_diffusers_unet2d_scale_shift_class_noattnmid");
        var graph = UNet.Build(UNetConfigJson.Read(golden.Path("config.json")));
        var weights = StateDict(golden.Path("diffusion_pytorch_model.bin"));
        Assert.Equal(
            weights.Select(w => $"{w.Key} [{string.Join(", ", w.Value.Shape)}]").Order(StringComparer.Ordinal),
            graph.Parameters.Select(p => $"{p.Name} {p.Shape}").Order(StringComparer.Ordinal));
        AssertOutput(golden, graph, weights, "out_f64", golden.Ints("class_labels"));
    }

    // The file's pickle is not read (issue 5): its names and shapes are listed beside this source, and the storages of a state
    // dict lie in the archive uncompressed, numbered in its order.
    private static Dictionary<string, HostTensor> StateDict(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        var storages = archive.Entries.Where(e => e.FullName.Contains("/data/", StringComparison.Ordinal)).ToDictionary(e => int.Parse(e.Name, CultureInfo.InvariantCulture));
        var lines = File.ReadAllLines(Path.Combine(Shared.Repository, "tests", "Conformance", "Networks", "unet2d_scale_shift_class.txt"));
        return lines.Select((line, i) => (Parts: line.Split(' '), Storage: storages[i])).ToDictionary(e => e.Parts[0], e =>
        {
            using var stream = e.Storage.Open();
            var data = new float[e.Storage.Length / sizeof(float)];
            stream.ReadExactly(MemoryMarshal.AsBytes(data.AsSpan()));
            return new HostTensor([.. e.Parts[1].Split('x').Select(d => int.Parse(d, CultureInfo.InvariantCulture))], data);
        });
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
