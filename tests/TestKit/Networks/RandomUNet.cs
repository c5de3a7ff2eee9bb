using CsCheck;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>Random U-Nets: every option that <see cref="UNetConfig"/> has, small.</summary>
public static class RandomUNet
{
    /// <summary>1–3 images.</summary>
    public static Gen<NetworkCase> Cases { get; } =
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, int.MaxValue], Gen.Int[1, 3])
            .Select((levels, seed, images) => new NetworkCase(UNet.Build(Config(levels, seed)), (ulong)seed, images))
            .Where(Conditioning.IsGood);

    /// <summary>The options of a seed.</summary>
    public static UNetConfig Config(int levels, int seed)
    {
        var random = new Random(seed);
        var groups = random.Next(1, 5);
        var heads = One(1, 1, 2, 3);
        var unit = groups * heads;
        int[] channels = [.. Enumerable.Range(0, levels).Select(_ => unit * random.Next(1, Math.Max(2, 24 / unit)))];
        int? classes = random.Next(2) == 0 ? random.Next(2, 5) : null;
        var byTimestep = random.Next(5) == 0;
        var byNumber = random.Next(3) == 0;
        return new UNetConfig
        {
            Height = Side(),
            Width = Side(),
            InChannels = random.Next(1, 5),
            OutChannels = random.Next(1, 7),
            CenterInputSample = random.Next(3) == 0,
            FreqShift = random.Next(2),
            FlipSinToCos = random.Next(2) == 0,
            DownBlockTypes = [.. channels.Select(_ => One("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D"))],
            UpBlockTypes = [.. channels.Select(_ => One("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"))],
            MidBlock = random.Next(4) > 0,
            AddAttention = random.Next(4) > 0,
            BlockOutChannels = [.. channels],
            BaseChannels = channels[0] < 4 || random.Next(3) == 0 ? unit * 4 : null,
            LayersPerBlock = random.Next(1, 3),
            MidBlockScaleFactor = One(1, Math.Sqrt(2)),
            DownsamplePadding = random.Next(2),
            DownsampleType = One("conv", "resnet"),
            UpsampleType = One("conv", "resnet"),
            ResampleWithConv = random.Next(3) > 0,
            Dropout = One(0, 0.1),
            AttentionHeadDim = heads == 1 || byNumber ? null : groups,
            AttentionHeads = byNumber ? heads : null,
            AttentionHeadsUp = byNumber && random.Next(2) == 0 ? groups : null,
            NormNumGroups = groups,
            AttnNormNumGroups = random.Next(3) == 0 ? groups : null,
            NormEps = One(1e-6, 1e-5),
            ResnetTimeScaleShift = One("default", "scale_shift"),
            ClassEmbedType = byTimestep ? "timestep" : null,
            NumClassEmbeds = byTimestep ? null : classes,
            NullClass = byTimestep || random.Next(2) == 0 ? null : classes - 1,
            TimeChannels = random.Next(3) == 0 ? random.Next(4, 24) : null,
            TimestepScale = One(1, 1, 0.25, 0.7),
        };

        T One<T>(params T[] choices) => choices[random.Next(choices.Length)];

        // From 4 to 24, odd on the deepest level where it can be.
        int Side() => random.Next(levels == 1 ? 4 : levels == 2 ? 2 : 1, (24 >> (levels - 1)) + 1) << (levels - 1);
    }
}
