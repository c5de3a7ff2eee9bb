using System.Reflection;
using DiffusionSharp.Cpu;
using DiffusionSharp.Evaluation.FeatureNetworks;
using Microsoft.ML.OnnxRuntime;

namespace DiffusionSharp.Evaluation.Tests.FeatureNetworks;

/// <summary>The package's own files, by ONNX Runtime and by us.</summary>
public class ResNet18Tests
{
    private static readonly ImageShape Shape = ResNet18Network.Input;
    private static readonly string Folder = typeof(ResNet18Tests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ResNet18").Value!;
    private static readonly string Network = Path.Combine(Folder, "ResNet18Onnx", "ResNet18.onnx");
    private static readonly string Preprocessing = Path.Combine(Folder, "ResNetPrepOnnx", "ResNetPreprocess.onnx");

    [Fact]
    public void Features_agree_with_ONNX_Runtime()
    {
        using var network = ResNet18Features.Load(Network, Preprocessing, CpuEngine.Default);
        byte[][] images = [.. Enumerable.Range(0, 2).Select(Picture)];
        var features = network.Features([.. images.SelectMany(i => i)], Shape);
        Assert.Equal(512, network.FeatureCount);
        for (var n = 0; n < images.Length; n++)
        {
            var prepared = Run(Preprocessing, "OriginalInput", Array.ConvertAll(images[n], v => (float)v), [1, 3, 224, 224]);
            var expected = Run(Network, "Input247", prepared, [1, 3, 224, 224]);
            var largest = expected.Max();
            Assert.All(expected, (e, i) => Assert.Equal(e, features[(n * 512) + i], 1e-5 * largest));
        }
    }

    [Fact]
    public void Another_network_is_refused()
    {
        var e = Assert.Throws<DiffusionException>(() => ResNet18Features.Load(Preprocessing, Preprocessing, CpuEngine.Default));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("0 convolutions", e.Message, StringComparison.Ordinal);
    }

    private static byte[] Picture(int seed) =>
        [.. Enumerable.Range(0, Shape.Elements).Select(i => (byte)(127 + (100 * Math.Sin((i % 224 / 17.0) + seed) * Math.Cos(i / 224 % 224 / 29.0 * (1 + (i / 50176)))) + (i * 7919 % 27)))];

    private static float[] Run(string path, string input, float[] values, long[] shape)
    {
        using var session = new InferenceSession(path);
        using var x = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var run = new RunOptions();
        using var results = session.Run(run, [input], [x], session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
