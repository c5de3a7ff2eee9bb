using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Counts network calls and shows how far they are.</summary>
/// <param name="host">Shows it.</param>
/// <param name="totalSteps">Steps with a network call: as many as calls, but where a step is repeated or guided.</param>
/// <param name="guidance">W of classifier-free guidance, which may take two network calls where the plan says one.</param>
/// <param name="interval">The levels that are guided; null for all.</param>
internal sealed class SamplingMeter(CliHost host, int totalSteps, double guidance = 1, GuidanceInterval? interval = null) : IProgress<SamplerProgress>, IDisposable
{
    private readonly ProgressLine line = new(host);
    private readonly long began = host.Clock.GetTimestamp();
    private readonly DateTimeOffset firstCall = host.Clock.GetUtcNow();
    private int calls;
    private int steps;
    private (int FirstImage, int Step) last;

    private TimeSpan Elapsed => host.Clock.GetElapsedTime(began);

    /// <summary>What it took so far.</summary>
    /// <param name="skipped">Images that were there already.</param>
    public SampleResult Result(int skipped = 0) => new(calls, skipped, Elapsed.TotalSeconds, firstCall);

    /// <summary>Runs something that samples, and says what it took.</summary>
    /// <param name="host">Shows the progress.</param>
    /// <param name="totalSteps">Steps with a network call.</param>
    /// <param name="run">Samples, and reports every call.</param>
    /// <param name="guidance">W of classifier-free guidance.</param>
    /// <param name="interval">The levels that are guided; null for all.</param>
    public static (SampledImages Images, SampleResult Result) Measure(
        CliHost host, int totalSteps, Func<IProgress<SamplerProgress>, SampledImages> run, double guidance = 1, GuidanceInterval? interval = null)
    {
        using var meter = new SamplingMeter(host, totalSteps, guidance, interval);
        var images = run(meter);
        return (images, meter.Result());
    }

    /// <inheritdoc/>
    public void Report(SamplerProgress value)
    {
        calls += GuidedDenoiser.NetworkCalls(guidance, interval, value.Timestep);
        if (value.Call == 1 || last != (value.FirstImage, value.Step))
        {
            steps++;
            last = (value.FirstImage, value.Step);
        }

        var (t, images) = (value.Timestep, value.ImageCount);
        line.Update((double)steps / totalSteps, () =>
        {
            var elapsed = Elapsed;
            var count = steps == calls ? $"call {calls}/{totalSteps}" : $"step {steps}/{totalSteps}";
            return
            [
                new(count, Importance: 3),
                new(FormattableString.Invariant($"t = {t:F0}"), Importance: 1),
                ProgressPart.Rate(calls / elapsed.TotalSeconds, "calls/s"),
                new($"of {Human.Images(images)}", Importance: 2),
                ProgressPart.Eta(elapsed / steps * (totalSteps - steps)),
            ];
        });
    }

    /// <summary>Makes room for a line of results.</summary>
    public void Clear() => line.Clear();

    public void Dispose() => line.Dispose();
}
