namespace DiffusionSharp.Training;

/// <summary>What an update measured.</summary>
/// <param name="Loss">The batch's mean loss, before the update.</param>
/// <param name="GradientNorm">The L2 norm of all gradients together, before clipping.</param>
public readonly record struct UpdateResult(double Loss, double GradientNorm);
