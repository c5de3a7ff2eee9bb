using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>A network of the goldens 01, 06 and 07: one call of it, and what the reference implementation returned.</summary>
internal sealed class GoldenNetwork
{
    public const string Shared16 = "01_unet_ch32_m21_r1_a8_16px";
    public const string Activations = "01_unet_ch32_m21_r1_a4_8px_activations";
    public const string NoConvolutions = "01_unet_ch32_m11_r2_a16_noconv_32px";
    public const string Diffusers = "06_diffusers_unet2d_cifar10like";
    public const string ScaleShift = "06_diffusers_unet2d_scale_shift_class_noattnmid";

    private GoldenNetwork(GoldenCase golden, NetworkGraph graph, IReadOnlyDictionary<string, HostTensor> weights, string expected)
    {
        Golden = golden;
        var count = golden.Shape("x")[0];
        Call = new NetworkCase(graph, 0, count)
        {
            Weights = weights,
            X = golden.Floats("x"),
            Timesteps = golden.Doubles("t"),
            Labels = golden.Has("class_labels") ? golden.Ints("class_labels") : golden.Has("y") ? golden.Ints("y") : [],
        };
        Expected = golden.Doubles(expected);
    }

    /// <summary>The cases with an output in float64.</summary>
    public static IReadOnlyList<string> Names { get; } = Shared.Exists ? [Shared16, Activations, NoConvolutions, Diffusers, ScaleShift, GuidedModel.Case] : [GoldenRuns.Absent];

    public GoldenCase Golden { get; }

    public NetworkCase Call { get; }

    /// <summary>The reference's output in float64.</summary>
    public double[] Expected { get; }

    /// <summary>The bound for float32, relative to the largest value.</summary>
    public double Tolerance => Golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble();

    public static GoldenNetwork Open(string name)
    {
        var golden = new GoldenCase(name);
        if (name.StartsWith("01", StringComparison.Ordinal))
        {
            var model = new ErmongroupModel(golden, $"../{(name == Activations ? Shared16 : name)}/model.safetensors");
            return new GoldenNetwork(golden, model.Graph, model.Weights, "eps_f64");
        }

        if (name == GuidedModel.Case)
        {
            var model = new GuidedModel(golden);
            return new GoldenNetwork(golden, model.Graph, model.Weights, "out_f64");
        }

        var graph = UNet.Build(UNetConfigJson.Read(golden.Path("config.json")));
        return new GoldenNetwork(golden, graph, name == ScaleShift ? StateDict(golden) : Safetensors(golden), "out_f64");
    }

    private static Dictionary<string, HostTensor> Safetensors(GoldenCase golden)
    {
        using var file = TensorFile.Open(golden.Path("diffusion_pytorch_model.safetensors"));
        return file.Tensors.Keys.ToDictionary(n => n, n => file.ReadFloat32(n));
    }

    // The file's pickle is not read (issue 5): its names and shapes are listed beside this source, and the storages of a state
    // dict lie in the archive uncompressed, numbered in its order.
    private static Dictionary<string, HostTensor> StateDict(GoldenCase golden)
    {
        using var archive = ZipFile.OpenRead(golden.Path("diffusion_pytorch_model.bin"));
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
}
