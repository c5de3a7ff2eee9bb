namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>The Fréchet distance of so many images.</summary>
/// <param name="Images">N.</param>
/// <param name="Distance">The distance.</param>
public readonly record struct FrechetPoint(int Images, double Distance);
