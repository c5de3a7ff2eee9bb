namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>From where to where a statistic lies.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public readonly record struct Interval(double Low, double High);
