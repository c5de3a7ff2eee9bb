namespace DiffusionSharp.Bench.Training;

/// <summary>What was measured of one subject in one cell of the table.</summary>
/// <param name="Network">The network.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Batch">Images of an update.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Rounds">Updates that were timed.</param>
/// <param name="Seconds">Of an update, the median.</param>
/// <param name="MinSeconds">The least.</param>
/// <param name="Phases">The medians of its parts, where they can be told.</param>
/// <param name="ImagesPerSecond">By the median.</param>
/// <param name="GflopsPerSecond">Three times the network's FLOP divided by the median time: effective, as Winograd's algorithm needs fewer.</param>
/// <param name="PartOfPeak">Of the machine's peak in the same rounds.</param>
/// <param name="TimesManaged">Its time divided by the managed engine's, the median of the rounds' own ratios; null where that was not measured beside it.</param>
/// <param name="MinTimesManaged">The same of the least times.</param>
/// <param name="Memory">Bytes of a process of its own at the peak, above what was resident before the network was made and the weights' own; null where it was not asked.</param>
/// <param name="PlannedMemory">What the engine plans to take above the weights, where it does.</param>
/// <param name="Disagreement">Where its numbers are not those of the managed engine, what differs.</param>
internal sealed record TrainingRow(
    string Network,
    long Parameters,
    int Batch,
    int Threads,
    string Subject,
    int Rounds,
    double Seconds,
    double MinSeconds,
    TrainingPhases? Phases,
    double ImagesPerSecond,
    double GflopsPerSecond,
    double PartOfPeak,
    double? TimesManaged,
    double? MinTimesManaged,
    long? Memory,
    long? PlannedMemory,
    string? Disagreement);
