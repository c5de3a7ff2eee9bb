using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>How large and how often.</summary>
/// <param name="Network">The network of the comparisons with eager libtorch.</param>
/// <param name="Small">A network of the bundled model's size.</param>
internal sealed record Sizes(UNetConfig Network, UNetConfig Small, int TrainingBatch, int CallBatch, int SamplingBatch, int Steps, int Rounds, int Matrix)
{
    /// <summary>The CIFAR-10 U-Net (35,746,307 parameters) and a network of 0.9 GFLOP an image.</summary>
    public static Sizes Full { get; } = new(
        new UNetConfig(), UNetConfig.Ddpm(new(3, 32, 32), 40, [1, 2, 2], 1, [16]) with { NormNumGroups = 8 }, TrainingBatch: 16, CallBatch: 8, SamplingBatch: 16, Steps: 20, Rounds: 5, Matrix: 2048);

    /// <summary>Shows that the harness works; its numbers mean nothing.</summary>
    public static Sizes Quick { get; } = new(
        UNetConfig.Ddpm(new(3, 16, 16), 32, [1, 2], 1, [8]), UNetConfig.Ddpm(new(3, 16, 16), 32, [1], 1, []), TrainingBatch: 2, CallBatch: 2, SamplingBatch: 2, Steps: 4, Rounds: 2, Matrix: 256);
}
