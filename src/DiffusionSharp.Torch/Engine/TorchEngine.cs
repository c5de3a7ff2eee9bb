using DiffusionSharp.Models;

namespace DiffusionSharp.Torch.Engine;

/// <summary>The Torch engine as <see cref="DiffusionModel"/> takes it.</summary>
public static class TorchEngine
{
    /// <summary>float32 on the processor.</summary>
    public static Networks.Engine Cpu { get; } = With(new TorchOptions());

    /// <summary>An engine with options.</summary>
    /// <param name="options">Device and precision.</param>
    public static Networks.Engine With(TorchOptions options) => (graph, weights) => new TorchDenoiser(graph, weights, options);
}
