using DiffusionSharp.Bench.Eager;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cpu;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.UNets;

/// <summary>What runs a network.</summary>
/// <param name="Name">Its name in options and tables.</param>
/// <param name="Narrow">Whether it stores or computes in 16 bits, so that its error is that of 16 bits.</param>
/// <param name="Open">Opens a network's files for a number of threads.</param>
internal sealed record UNetSubject(string Name, bool Narrow, Func<UNetFiles, int, IDenoiser> Open)
{
    public const string Managed = "managed", OnnxRuntime = "onnxruntime", Eager = "eager";

    public static IReadOnlyList<UNetSubject> All { get; } =
    [
        new(Managed, false, (files, threads) => files.Open(CpuEngine.With(new CpuOptions { Threads = threads }))),
        new("managed-bf16", true, (files, threads) => files.Open(CpuEngine.With(new CpuOptions { Threads = threads, WeightPrecision = WeightPrecision.BFloat16 }))),
        new(OnnxRuntime, false, (files, threads) => new OnnxRuntimeModel(files.Onnx, threads)),
        new(Eager, false, (files, threads) => OpenEager(files, threads, ScalarType.Float32, channelsLast: false)),
        new("eager-channels-last", false, (files, threads) => OpenEager(files, threads, ScalarType.Float32, channelsLast: true)),
        new("eager-bf16", true, (files, threads) => OpenEager(files, threads, ScalarType.BFloat16, channelsLast: true)),
    ];

    /// <summary>The network in float64, which errors are measured against.</summary>
    public static IDenoiser Reference(UNetFiles files, int threads) => OpenEager(files, threads, ScalarType.Float64, channelsLast: false);

    private static IDenoiser OpenEager(UNetFiles files, int threads, ScalarType type, bool channelsLast)
    {
        TorchNative.EnsureLoaded();
        set_num_threads(threads);
        return files.Open((graph, weights) => new EagerDenoiser((UNetConfig)ModelSource.Open(files.Model).Network, graph.Parameters.ToDictionary(p => p.Name, weights), type, channelsLast));
    }
}
