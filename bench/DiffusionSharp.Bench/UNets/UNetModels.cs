using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.UNets;

/// <summary>The networks that are measured.</summary>
internal static class UNetModels
{
    /// <summary>The CIFAR-10 U-Net comes first: the goals are about it.</summary>
    public static OrderedDictionary<string, UNetConfig> All { get; } = new()
    {
        ["cifar10"] = new UNetConfig(),
        ["96x96"] = UNetConfig.Ddpm(new(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]),
        ["celeba64"] = UNetConfig.Ddpm(new(3, 64, 64), 128, [1, 2, 2, 2, 4], 2, [16]),
        ["small"] = UNetConfig.Ddpm(new(3, 32, 32), 40, [1, 2, 2], 1, [16]) with { NormNumGroups = 8 },
    };

    /// <summary>Shows that the harness works; its numbers mean nothing.</summary>
    public static OrderedDictionary<string, UNetConfig> Quick { get; } = new()
    {
        ["quick"] = UNetConfig.Ddpm(new(3, 16, 16), 32, [1, 2], 1, [8]),
    };
}
