using System.Diagnostics;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Sampling;

namespace DiffusionSharp.Cli.Pictures;

/// <summary>Counts network calls and shows how far they are.</summary>
internal sealed class SamplingMeter(CliHost host, int totalCalls) : IDisposable
{
    private readonly ProgressLine line = new(host);
    private readonly long began = host.Clock.GetTimestamp();
    private int calls;

    /// <summary>From the start of the process to the first network call.</summary>
    public TimeSpan ToFirstCall { get; } = SinceProcessStart(host.Clock);

    /// <summary>Time since sampling began.</summary>
    public TimeSpan Elapsed => host.Clock.GetElapsedTime(began);

    /// <summary>Network calls so far.</summary>
    public int Calls => calls;

    public void Report(in SamplerProgress p)
    {
        calls++;
        var (t, images) = (p.Timestep, p.ImageCount);
        line.Update((double)calls / totalCalls, () =>
        {
            var elapsed = Elapsed;
            var left = Human.Time(elapsed / calls * (totalCalls - calls));
            return FormattableString.Invariant($"call {calls}/{totalCalls}  t = {t:F0}  {calls / elapsed.TotalSeconds:F1} calls/s of {images} images  ETA {left}");
        });
    }

    public void Dispose() => line.Dispose();

    private static TimeSpan SinceProcessStart(TimeProvider clock)
    {
        using var process = Process.GetCurrentProcess();
        return clock.GetUtcNow() - new DateTimeOffset(process.StartTime);
    }
}
