using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace TestKit.Networks;

/// <summary>Random small networks with a batch to learn from: every loss, weights of images, labels, dropout here and there.</summary>
public static class RandomTraining
{
    // L1's slope jumps at 0, where float32 may see the other side.
    private const double NearZero = 1e-3;

    /// <summary>U-Nets of the DDPM family.</summary>
    public static Gen<TrainingCase> UNets { get; } = Gen.Select(Gen.Int[1, 3], Gen.Int[0, int.MaxValue]).Select((levels, seed) =>
    {
        var config = RandomUNet.Config(levels, seed);
        return Create(UNet.Build(config with { OutChannels = config.InChannels }), seed);
    }).Where(c => Conditioning.IsGood(c.Network));

    /// <summary>U-Nets of denoising-diffusion-pytorch.</summary>
    public static Gen<TrainingCase> LucidrainsUNets { get; } = Gen.Select(Gen.Int[1, 3], Gen.Int[0, int.MaxValue]).Select((levels, seed) =>
        Create(LucidrainsUNet.Build(RandomLucidrainsUNet.Config(levels, seed) with { OutDim = null, LearnedVariance = false }), seed)).Where(c => Conditioning.IsGood(c.Network));

    /// <summary>Graphs of all operations in any order; some parameters change nothing.</summary>
    public static Gen<TrainingCase> Graphs { get; } = Gen.Select(Gen.Int[0, 16], Gen.Int[0, int.MaxValue]).Select((steps, seed) =>
        Create(RandomGraph.Build(steps, seed, forTraining: true), seed)).Where(c => Conditioning.IsGood(c.Network));

    /// <summary>A batch for a network.</summary>
    public static TrainingCase Create(NetworkGraph graph, int seed)
    {
        var random = new Random(seed);
        var network = new NetworkCase(graph, (ulong)seed, random.Next(1, 5));
        var batch = new TrainingBatch(network.Count, graph.InputShape);
        network.X.CopyTo(batch.Xt, 0);
        network.Timesteps.CopyTo(batch.Timesteps, 0);
        network.Labels.CopyTo(batch.Labels, 0);
        CounterNoise.Gaussian((ulong)seed, -9, batch.Target.AsSpan());
        for (var n = 0; n < batch.Count; n++)
        {
            batch.LossWeights[n] = random.Next(4) == 0 ? 1 : 0.1f + random.NextSingle();
        }

        var options = new TrainingOptions
        {
            Seed = (ulong)random.NextInt64(),
            BatchSize = batch.Count,
            MicroBatch = random.Next(2) == 0 ? null : random.Next(1, batch.Count + 1),
            Loss = (LossKind)random.Next(3),
            Reduction = (LossReduction)random.Next(2),
        };
        var made = new TrainingCase(network, batch, options, random.Next(100_000));
        if (options.Loss == LossKind.L1)
        {
            var predictions = new ReferenceGradients(graph, p => network.Weights[p.Name]).Predictions(made.Inputs);
            for (var i = 0; i < predictions.Length; i++)
            {
                batch.Target[i] += Math.Abs(predictions[i] - batch.Target[i]) < NearZero ? (float)(10 * NearZero) : 0;
            }
        }

        return made;
    }
}
