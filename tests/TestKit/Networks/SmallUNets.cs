using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>U-Nets that take about a millisecond, of shapes that engines find hard.</summary>
public static class SmallUNets
{
    /// <summary>Their options by name.</summary>
    public static IReadOnlyDictionary<string, NetworkConfig> All { get; } = new Dictionary<string, NetworkConfig>
    {
        ["CIFAR-10's, narrow"] = UNetConfig.Ddpm(new ImageShape(3, 32, 32), 8, [1, 2, 2, 2], 1, [16]) with { NormNumGroups = 4 },
        ["6×6 and 3×3"] = UNetConfig.Ddpm(new ImageShape(3, 6, 6), 20, [1, 2], 2, [3]) with { NormNumGroups = 5 },
        ["odd sides"] = UNetConfig.Ddpm(new ImageShape(1, 13, 7), 18, [1], 1, [7]) with { NormNumGroups = 3, CenterInputSample = true },
        ["wide and flat"] = UNetConfig.Ddpm(new ImageShape(2, 4, 20), 33, [1, 2, 1], 1, [2, 1]) with { NormNumGroups = 11, OutChannels = 4, ResampleWithConv = false },
        ["classes, scale and shift, heads"] = UNetConfig.Ddpm(new ImageShape(3, 12, 8), 24, [1, 2], 1, [8, 4]) with
        {
            NormNumGroups = 4,
            AttentionHeadDim = 6,
            NumClassEmbeds = 4,
            NullClass = 3,
            ResnetTimeScaleShift = "scale_shift",
            DownsampleType = "resnet",
            UpsampleType = "resnet",
            MidBlockScaleFactor = 1.5,
        },
        ["lucidrains'"] = new LucidrainsUNetConfig { Height = 8, Width = 12, Dim = 12, DimMults = [1, 2], AttnDimHead = [5], AttnHeads = [3], LearnedVariance = true },
        ["lucidrains', full attention first"] = new LucidrainsUNetConfig
        {
            Height = 5,
            Width = 7,
            Channels = 1,
            Dim = 8,
            InitDim = 17,
            DimMults = [2],
            AttnDimHead = [33],
            AttnHeads = [1],
            FullAttn = [true],
            NumMemKv = 1,
        },
        ["one pixel"] = UNetConfig.Ddpm(new ImageShape(3, 1, 1), 16, [1], 1, [1]) with { NormNumGroups = 2, ClassEmbedType = "timestep" },
    };

    /// <summary>A call with random weights and images.</summary>
    public static NetworkCase Case(string name, int images, ulong seed = 1) => new(All[name].Build(), seed, images);
}
