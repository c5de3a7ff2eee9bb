using System.Diagnostics;
using System.Diagnostics.Metrics;
using DiffusionSharp.Models;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests;

/// <summary>Listeners of .NET's own kind hear of calls and images. Other tests sample meanwhile, so that only what this one's context began is counted.</summary>
public class TelemetryTests
{
    private static readonly AsyncLocal<bool> Mine = new();

    [Fact]
    public void Calls_images_and_batches_are_told()
    {
        var found = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Telemetry.Name)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Note(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Note(instrument.Name, value >= 0 ? 1 : double.NaN));
        listener.Start();
        var batches = new List<Activity>();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Mine.Value)
                {
                    batches.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(activities);

        Mine.Value = true;
        using var model = DiffusionModel.From(new FakeDenoiser(1, (x, _) => 0.1f * x), new ImageShape(1, 2, 2), NoiseSchedule.Linear());
        model.Sample(new SampleOptions { Steps = 4, Count = 5, BatchSize = 2 });
        Mine.Value = false;

        Assert.Equal(12, found[Telemetry.NetworkCalls]);
        Assert.Equal(12, found[Telemetry.NetworkCallDuration]);
        Assert.Equal(5, found[Telemetry.Images]);
        Assert.All(batches, b => Assert.Equal((Telemetry.SampleActivity, 4), (b.OperationName, b.GetTagItem("steps"))));
        Assert.Equal([2, 2, 1], batches.Select(b => (int)b.GetTagItem("images")!));

        void Note(string name, double value)
        {
            if (Mine.Value)
            {
                found[name] = found.GetValueOrDefault(name) + value;
            }
        }
    }
}
