using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cli.Verbs.Sweep;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>What a sweep says of time is the median of its network calls.</summary>
public sealed class CallTimesTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Of_calls_with_as_many_images()
    {
        var clock = new ManualClock();
        var times = new CallTimes(clock);
        foreach (var (images, seconds) in new[] { (16, 3), (16, 90), (16, 4), (2, 1), (16, 5), (16, 60) })
        {
            clock.Advance(seconds);
            times.Add(images);
        }

        clock.Advance(1000);
        times.Begin();
        clock.Advance(2);
        times.Add(2);

        Assert.Equal((5, 2, 0), (times.Count(16), times.Count(2), times.Count(1)));
        Assert.Equal(5, times.Median(16));
        Assert.Equal(1.5, times.Median(2));
    }

    // Some looks at the clock come 100,000 seconds later: a few calls are spoilt, in runs of one call, which are repeated, too.
    [Theory]
    [InlineData("12", 30)]
    [InlineData("1", 4)]
    public void Spoilt_calls_do_not_count(string steps, int period)
    {
        var ddim = new Ddim { Clock = new StumblingClock(period) };
        var cell = ddim.Json("sweep", "--model", TinyModel.Save(scratch["model"]), "--steps", steps, "--eta", "0", "--count", "1", "--out", scratch["out"])["cells"]![0]!;

        Assert.InRange((double)cell["secondsPerImage"]!, 1, 1000);
    }

    private sealed class StumblingClock(int period) : TimeProvider
    {
        private long looks;
        private long now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => now += ++looks % period == 0 ? 100_000 : 1;
    }
}
