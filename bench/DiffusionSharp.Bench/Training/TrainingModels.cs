using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Training;

/// <summary>The networks that are measured, each with its batches.</summary>
/// <param name="Config">The network.</param>
/// <param name="Batches">Images of an update.</param>
internal sealed record TrainingModels(NetworkConfig Config, int[] Batches)
{
    /// <summary>The CIFAR-10 U-Net comes first: the goals are about it.</summary>
    public static OrderedDictionary<string, TrainingModels> All { get; } = new()
    {
        ["cifar10"] = new(new UNetConfig(), [16, 64]),
        ["96x96"] = new(UNetConfig.Ddpm(new(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]), [8]),
        ["small"] = new(UNetConfig.Ddpm(new(3, 16, 16), 32, [1, 2], 1, [8]), [32]),
        ["lucidrains"] = new(new LucidrainsUNetConfig(), [16]),
    };

    /// <summary>Shows that the harness works; its numbers mean nothing.</summary>
    public static OrderedDictionary<string, TrainingModels> Quick { get; } = new()
    {
        ["quick"] = new(UNetConfig.Ddpm(new(3, 16, 16), 32, [1, 2], 1, [8]), [3]),
        ["quick-lucidrains"] = new(new LucidrainsUNetConfig { Height = 16, Width = 16, Dim = 16, DimMults = [1, 2] }, [2]),
    };

    /// <summary>Any of them.</summary>
    public static TrainingModels Get(string name) => All.TryGetValue(name, out var model) ? model : Quick[name];
}
