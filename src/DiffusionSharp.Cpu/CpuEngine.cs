using DiffusionSharp.Models;

namespace DiffusionSharp.Cpu;

/// <summary>The managed engine as <see cref="DiffusionModel"/> takes it.</summary>
public static class CpuEngine
{
    /// <summary>All cores, float32 weights.</summary>
    public static Engine Default { get; } = With(new CpuOptions());

    /// <summary>An engine with options.</summary>
    /// <param name="options">Threads and precision of the weights.</param>
    public static Engine With(CpuOptions options) => (graph, weights) => new CpuDenoiser(graph, weights, options);
}
