using BenchmarkDotNet.Attributes;
using DiffusionSharp.Models;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Bench.Micro;

/// <summary>10,000 images of 3×8×8, a step each, with a network that costs nothing: as one array, and batch by batch.</summary>
public class StreamBenchmarks
{
    private readonly DiffusionModel model = DiffusionModel.From(new FreeDenoiser(), new ImageShape(3, 8, 8), NoiseSchedule.Linear());
    private readonly SampleOptions options = new() { Count = 10_000, Steps = 1 };

    /// <summary>All in one array.</summary>
    [Benchmark(Baseline = true)]
    public int Array() => model.Sample(options).Count;

    /// <summary>Batch by batch.</summary>
    [Benchmark]
    public int Stream() => model.Stream(options).Sum(batch => batch.Count);

    /// <summary>Batch by batch on threads of the pool.</summary>
    [Benchmark]
    public async Task<int> StreamAsync()
    {
        var images = 0;
        await foreach (var batch in model.StreamAsync(options).ConfigureAwait(false))
        {
            images += batch.Count;
        }

        return images;
    }
}
