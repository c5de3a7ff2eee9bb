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
    private TimeSpan ToFirstCall { get; } = SinceProcessStart(host.Clock);

    private TimeSpan Elapsed => host.Clock.GetElapsedTime(began);

    /// <summary>What it took so far.</summary>
    /// <param name="skipped">Images that were there already.</param>
    public SampleResult Result(int skipped = 0) => new(calls, skipped, Elapsed.TotalSeconds, ToFirstCall.TotalSeconds);

    /// <summary>Runs something that samples, and says what it took.</summary>
    /// <param name="host">Shows the progress.</param>
    /// <param name="totalCalls">Network calls that it will make.</param>
    /// <param name="run">Samples, and reports every call.</param>
    public static (SampledImages Images, SampleResult Result) Measure(CliHost host, int totalCalls, Func<Action<SamplerProgress>, SampledImages> run)
    {
        using var meter = new SamplingMeter(host, totalCalls);
        var images = run(p => meter.Report(p));
        return (images, meter.Result());
    }

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

    /// <summary>Makes room for a line of results.</summary>
    public void Clear() => line.Clear();

    public void Dispose() => line.Dispose();

    private static TimeSpan SinceProcessStart(TimeProvider clock)
    {
        using var process = Process.GetCurrentProcess();
        return clock.GetUtcNow() - new DateTimeOffset(process.StartTime);
    }
}
