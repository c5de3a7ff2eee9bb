namespace DiffusionSharp.Training;

/// <summary>Where a run stands, after each update.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="Images">Images seen.</param>
/// <param name="TotalImages">Images at the end, or null when a duration ends the run.</param>
/// <param name="Fraction">Done so far, 0…1.</param>
/// <param name="Loss">Mean loss of about the last hundred updates.</param>
/// <param name="LearningRate">The rate.</param>
/// <param name="ImagesPerSecond">Speed of this session.</param>
/// <param name="Remaining">Time to the end at this speed.</param>
/// <param name="MemoryBytes">Resident memory of the process.</param>
public sealed record TrainingProgress(
    long Step, long Images, long? TotalImages, double Fraction, double Loss, double LearningRate, double ImagesPerSecond, TimeSpan Remaining, long MemoryBytes);
