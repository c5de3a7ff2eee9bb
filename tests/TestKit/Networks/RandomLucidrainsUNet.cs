using CsCheck;
using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>Random U-Nets of denoising-diffusion-pytorch: every option of <see cref="LucidrainsUNetConfig"/>, small.</summary>
public static class RandomLucidrainsUNet
{
    /// <summary>1–3 images.</summary>
    public static Gen<NetworkCase> Cases { get; } =
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, int.MaxValue], Gen.Int[1, 3])
            .Select((levels, seed, images) => new NetworkCase(LucidrainsUNet.Build(Config(levels, seed)), (ulong)seed, images))
            .Where(Conditioning.IsGood);

    /// <summary>The options of a seed.</summary>
    public static LucidrainsUNetConfig Config(int levels, int seed)
    {
        var random = new Random(seed);
        var output = random.Next(3);
        return new LucidrainsUNetConfig
        {
            Height = Side(),
            Width = Side(),
            Channels = random.Next(1, 5),
            Dim = 2 * random.Next(2, 7),
            InitDim = random.Next(2) == 0 ? null : random.Next(4, 12),
            OutDim = output == 1 ? 9 : null,
            LearnedVariance = output == 2,
            DimMults = PerLevel(_ => random.Next(1, 4)),
            SinusoidalPosEmbTheta = random.Next(3) == 0 ? 500 : 10000,
            Dropout = random.Next(2) == 0 ? 0 : 0.1,
            AttnDimHead = OneOrPerLevel(() => random.Next(1, 20)),
            AttnHeads = OneOrPerLevel(() => random.Next(1, 4)),
            FullAttn = random.Next(3) == 0 ? [] : OneOrPerLevel(() => random.Next(2) == 0),
            NumMemKv = random.Next(6),
        };

        ValueList<T> PerLevel<T>(Func<int, T> value)
            where T : IEquatable<T> => [.. Enumerable.Range(0, levels).Select(value)];

        ValueList<T> OneOrPerLevel<T>(Func<T> value)
            where T : IEquatable<T> => random.Next(2) == 0 ? [value()] : PerLevel(_ => value());

        // From 4 to 16, odd on the deepest level where it can be.
        int Side() => random.Next(levels == 1 ? 4 : levels == 2 ? 2 : 1, (16 >> (levels - 1)) + 1) << (levels - 1);
    }
}
