using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace TestKit.Networks;

/// <summary>What a batch's loss (1/N)·Σ_i w_i·loss_i is computed of, in float64.</summary>
public sealed record LossInputs
{
    /// <summary>x_t, [N, C, H, W].</summary>
    public required double[] X { get; init; }

    /// <summary>t of each image.</summary>
    public required double[] Timesteps { get; init; }

    /// <summary>Class of each image, or empty.</summary>
    public int[] Labels { get; init; } = [];

    /// <summary>What the network should return, [N, C', H', W'].</summary>
    public required double[] Target { get; init; }

    /// <summary>w of each image.</summary>
    public required double[] LossWeights { get; init; }

    /// <summary>How an error is measured.</summary>
    public LossKind Kind { get; init; } = LossKind.L2;

    /// <summary>How one image's errors become its loss.</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Mean;

    /// <summary>The run's seed and the update, of which <see cref="DropoutMask"/> makes what dropout keeps; null where nothing is dropped.</summary>
    public (ulong Seed, long Step)? Dropout { get; init; }

    /// <summary>Number of images N.</summary>
    public int Count => Timesteps.Length;

    /// <summary>The loss that an update of a training network has.</summary>
    public static LossInputs FromBatch(TrainingBatch batch, TrainingOptions options, long step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(options);
        return new()
        {
            X = Array.ConvertAll(batch.Xt, v => (double)v),
            Timesteps = [.. batch.Timesteps],
            Labels = [.. batch.Labels],
            Target = Array.ConvertAll(batch.Target, v => (double)v),
            LossWeights = Array.ConvertAll(batch.LossWeights, v => (double)v),
            Kind = options.Loss,
            Reduction = options.Reduction,
            Dropout = (options.Seed, step),
        };
    }
}
