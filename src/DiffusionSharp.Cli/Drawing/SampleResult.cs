namespace DiffusionSharp.Cli.Drawing;

/// <summary>What sampling took.</summary>
/// <param name="Calls">Network calls made.</param>
/// <param name="Skipped">Images that were there already.</param>
/// <param name="Seconds">Time of the sampling alone.</param>
/// <param name="SecondsToFirstCall">From the start of the process to the first network call.</param>
internal sealed record SampleResult(int Calls, int Skipped, double Seconds, double SecondsToFirstCall);
