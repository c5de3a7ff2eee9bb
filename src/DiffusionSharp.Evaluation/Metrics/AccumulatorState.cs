namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>What a <see cref="StatisticsAccumulator"/> knows after some images: from here another one goes on to the same bits.</summary>
/// <param name="Count">Images in whole blocks.</param>
/// <param name="Shift">[D]: the first image's features, which are taken off all others.</param>
/// <param name="Mean">[D]: the mean of the shifted features in whole blocks.</param>
/// <param name="Scatter">[D, D] in C order, the upper triangle (the rest is 0): Σ(x - m)(x - m)ᵀ of those.</param>
/// <param name="Pending">[n, D]: shifted features of images that fill no block yet.</param>
public sealed record AccumulatorState(long Count, double[] Shift, double[] Mean, double[] Scatter, double[] Pending);
