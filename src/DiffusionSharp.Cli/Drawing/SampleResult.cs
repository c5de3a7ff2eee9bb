using System.Diagnostics;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What sampling took.</summary>
/// <param name="Calls">Network calls made.</param>
/// <param name="Skipped">Images that were there already.</param>
/// <param name="Seconds">Time of the sampling alone.</param>
/// <param name="FirstCall">When the first network call began.</param>
internal sealed record SampleResult(int Calls, int Skipped, double Seconds, DateTimeOffset FirstCall)
{
    /// <summary>From the start of the process to the first network call. The process is asked when somebody wants to know.</summary>
    public double SecondsToFirstCall
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return (FirstCall - process.StartTime).TotalSeconds;
        }
    }
}
