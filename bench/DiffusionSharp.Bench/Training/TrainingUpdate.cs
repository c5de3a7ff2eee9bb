namespace DiffusionSharp.Bench.Training;

/// <summary>One update that was done.</summary>
/// <param name="Loss">The batch's loss.</param>
/// <param name="GradientNorm">The gradient's norm before clipping.</param>
/// <param name="Seconds">What it took.</param>
/// <param name="Phases">Its parts, where they can be told.</param>
internal sealed record TrainingUpdate(double Loss, double GradientNorm, double Seconds, TrainingPhases? Phases);
