using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DiffusionSharp;

/// <summary>
/// What a program's monitoring can listen to, by .NET's own <see cref="System.Diagnostics.Metrics"/> and <see cref="ActivitySource"/>: OpenTelemetry's
/// AddMeter and AddSource take <see cref="Name"/>. Nobody listening, it costs nothing that could be measured.
/// </summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "DiffusionSharp";

    /// <summary>Counter: network calls of samplers, a batch being one.</summary>
    public const string NetworkCalls = "diffusionsharp.network.calls";

    /// <summary>Histogram: what one of them took, in seconds.</summary>
    public const string NetworkCallDuration = "diffusionsharp.network.call.duration";

    /// <summary>Counter: images that were drawn, or encoded.</summary>
    public const string Images = "diffusionsharp.images";

    /// <summary>Counter: updates of training runs.</summary>
    public const string Updates = "diffusionsharp.training.updates";

    /// <summary>Activity: a batch of images, from its noise to its end. Its tags: images, steps, solver.</summary>
    public const string SampleActivity = "diffusionsharp.sample";

    /// <summary>Activity: a session of a training run, to its end or its interruption. Its tag, images.before: how many were seen before.</summary>
    public const string TrainActivity = "diffusionsharp.train";

    private static readonly Meter Meter = new(Name);

    internal static ActivitySource Activities { get; } = new(Name);

    internal static Counter<long> CallCounter { get; } = Meter.CreateCounter<long>(NetworkCalls, "{call}", "Network calls of samplers, a batch being one");

    internal static Histogram<double> CallDurations { get; } = Meter.CreateHistogram<double>(NetworkCallDuration, "s", "What a network call of a sampler took");

    internal static Counter<long> ImageCounter { get; } = Meter.CreateCounter<long>(Images, "{image}", "Images drawn or encoded");

    internal static Counter<long> UpdateCounter { get; } = Meter.CreateCounter<long>(Updates, "{update}", "Updates of training runs");
}
