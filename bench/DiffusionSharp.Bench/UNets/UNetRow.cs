namespace DiffusionSharp.Bench.UNets;

/// <summary>What was measured of one subject in one cell of the table.</summary>
/// <param name="Network">The network.</param>
/// <param name="Batch">Images in a call.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Rounds">Calls that were timed.</param>
/// <param name="MsPerImage">Median.</param>
/// <param name="MinMsPerImage">The least.</param>
/// <param name="GflopsPerSecond">The network's FLOP divided by the median time: more than the machine's where an algorithm needs fewer.</param>
/// <param name="PartOfPeak">Of the machine's peak in the same rounds.</param>
/// <param name="TimesManaged">Its time divided by the managed engine's, the median of the rounds' own ratios; null where that was not measured beside it.</param>
/// <param name="PeakMemory">Bytes resident at most in a process of its own; null where it was not asked.</param>
/// <param name="RelativeError">max|Δ| / max|m| against the network in float64.</param>
internal sealed record UNetRow(
    string Network,
    int Batch,
    int Threads,
    string Subject,
    int Rounds,
    double MsPerImage,
    double MinMsPerImage,
    double GflopsPerSecond,
    double PartOfPeak,
    double? TimesManaged,
    long? PeakMemory,
    double RelativeError);
