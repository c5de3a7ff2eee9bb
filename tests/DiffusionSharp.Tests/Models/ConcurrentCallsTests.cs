using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests.Models;

/// <summary>Asynchronous calls on one model take turns, and who waits holds no thread.</summary>
public sealed class ConcurrentCallsTests : IDisposable
{
    private static readonly ImageShape Shape = new(1, 2, 2);

    private readonly Counting network = new();
    private readonly DiffusionModel model;

    public ConcurrentCallsTests() => model = DiffusionModel.From(network, Shape, NoiseSchedule.Linear());

    public void Dispose() => model.Dispose();

    [Fact]
    public async Task One_runs_at_a_time_and_each_gets_its_own_images()
    {
        var options = Enumerable.Range(0, 20).Select(i => new SampleOptions { Seed = (ulong)i, Count = 5, BatchSize = 2, Steps = 4, Eta = 1 }).ToArray();
        var found = await Task.WhenAll(options.Select(o => model.SampleAsync(o, cancellationToken: TestContext.Current.CancellationToken)));

        Assert.Equal(1, network.MostAtATime);
        Assert.All(found.Zip(options), p => Assert.Equal(model.Sample(p.Second).Values, p.First.Values));
    }

    [Fact]
    public async Task They_take_turns_batch_by_batch_in_the_order_they_came()
    {
        network.Gate.Reset();
        var order = new List<int>();
        var progress = Enumerable.Range(0, 3).Select(i => new SynchronousProgress<DiffusionSharp.Sampling.Execution.SamplerProgress>(_ => order.Add(i))).ToArray();
        var calls = new List<Task>();
        for (var i = 0; i < 3; i++)
        {
            calls.Add(model.SampleAsync(new SampleOptions { Count = 2, BatchSize = 1, Steps = 1 }, progress[i], TestContext.Current.CancellationToken));
            await network.Entered.WaitAsync(i == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, TestContext.Current.CancellationToken);
        }

        network.Gate.Set();
        await Task.WhenAll(calls);
        Assert.Equal([0, 1, 2, 0, 1, 2], order);
    }

    [Fact]
    public async Task Who_waits_is_stopped_at_once()
    {
        network.Gate.Reset();
        var first = model.SampleAsync(new SampleOptions { Steps = 1 }, cancellationToken: TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var second = model.SampleAsync(new SampleOptions { Steps = 1 }, cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(first.IsCompleted);

        network.Gate.Set();
        await first;
        await model.SampleAsync(new SampleOptions { Steps = 1 }, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Options_are_refused_before_anything_is_awaited()
    {
        Assert.Throws<DiffusionException>(() => { _ = model.StreamAsync(new SampleOptions { Labels = [1] }, cancellationToken: TestContext.Current.CancellationToken); });
        await Assert.ThrowsAsync<DiffusionException>(() => model.SampleAsync(new SampleOptions { Labels = [1] }, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_encoding_is_the_same_whether_it_is_awaited_or_not()
    {
        double[] images = [0.1, -0.4, 0.5, 0.9];
        var options = new SampleOptions { Steps = 5 };
        Assert.Equal(model.Invert(images, options).Values, (await model.InvertAsync(images, options, cancellationToken: TestContext.Current.CancellationToken)).Values);
    }

    private sealed class Counting : IDenoiser
    {
        private readonly FakeDenoiser inner = new(1, (x, _) => 0.1f * x);
        private int running;

        public ManualResetEventSlim Gate { get; } = new(true);

        public SemaphoreSlim Entered { get; } = new(0);

        public int MostAtATime { get; private set; }

        public int OutputChannels => 1;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            var now = Interlocked.Increment(ref running);
            MostAtATime = Math.Max(MostAtATime, now);
            Entered.Release();
            Gate.Wait(input.CancellationToken);
            inner.Predict(input, prediction);
            Interlocked.Decrement(ref running);
        }

        public void Dispose()
        {
            Gate.Dispose();
            Entered.Dispose();
        }
    }
}
