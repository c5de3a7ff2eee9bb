namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>How far a likelihood is.</summary>
/// <param name="Fraction">The part that is done, 0…1.</param>
/// <param name="Calls">Network calls so far, of an image each.</param>
public readonly record struct LikelihoodProgress(double Fraction, long Calls);
