using Conformance.Networks;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests.Kit;

/// <summary>ONNX Runtime on an export as an engine.</summary>
internal static class OnnxRuntime
{
    /// <summary>Exports, and opens what was written.</summary>
    public static Engine With(OnnxOptions options) => (graph, weights) =>
    {
        var folder = Directory.CreateTempSubdirectory("onnx-test-");
        try
        {
            var file = Path.Combine(folder.FullName, "model.onnx");
            OnnxExport.Network(file, graph, weights, options);
            return new OnnxRuntimeModel(file, threads: 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    };

    /// <summary>Fails unless the export computes what the network does in float64.</summary>
    public static void AssertAgrees(NetworkCase network, double bound = 2e-5, OnnxOptions? options = null) =>
        Relative.AssertWithin(bound, network.Predict(With(options ?? new OnnxOptions())), network.Reference(), "ONNX Runtime");
}
