using CsCheck;
using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>
/// Random graphs of all operations in any order: values that are read twice or never, outputs of every kind, odd sizes and channels,
/// and the patterns an engine may fuse, now and then with something in between.
/// </summary>
public static class RandomGraph
{
    /// <summary>Up to 16 steps, 1–3 images, well conditioned (see <see cref="Conditioning"/>).</summary>
    public static Gen<NetworkCase> Cases { get; } =
        Gen.Select(Gen.Int[0, 16], Gen.Int[0, int.MaxValue], Gen.Int[1, 3])
            .Select((steps, seed, images) => new NetworkCase(Build(steps, seed), (ulong)seed, images))
            .Where(Conditioning.IsGood);

    /// <summary>The graph of a seed; in training its output has its input's shape.</summary>
    public static NetworkGraph Build(int steps, int seed, bool forTraining = false)
    {
        var random = new Random(seed);
        int? classes = random.Next(4) == 0 ? random.Next(1, 6) : null;
        int? nullClass = classes is int n && random.Next(2) == 0 ? n : null;
        var side = random.Next(6) == 0 ? 1 : 17;
        var shape = new ImageShape(random.Next(1, 9), random.Next(1, side + 1), random.Next(1, side + 1));
        var writer = new GraphWriter(new GraphBuilder(shape, classes, nullClass), random, nullClass + 1 ?? classes);
        for (var i = 0; i < steps; i++)
        {
            writer.Step();
        }

        if (forTraining)
        {
            writer.End(shape);
        }

        return writer.Build();
    }
}
