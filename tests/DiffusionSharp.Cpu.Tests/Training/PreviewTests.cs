using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>When previews are drawn, and that they leave what is trained as it is.</summary>
public sealed class PreviewTests
{
    [Fact]
    public void By_the_clock_they_come_early_and_then_more_and_more_seldom()
    {
        var now = 0.0;
        List<double> at = [];
        var previews = new Previews(_ => at.Add(now), _ => null!, () => now, TestContext.Current.CancellationToken);
        for (; now < 1000; now++)
        {
            previews.AfterUpdate(crossed: now == 75);
        }

        Assert.Equal([30, 60, 75, 120, 240, 480, 960], at);
        List<double> later = [];
        now = 100;
        previews = new Previews(_ => later.Add(now), _ => null!, () => now, TestContext.Current.CancellationToken);
        for (; now < 250; now++)
        {
            previews.AfterUpdate(crossed: false);
        }

        Assert.Equal([120, 240], later);
    }

    [Fact]
    public void Those_that_take_long_take_no_more_than_a_tenth_of_the_time()
    {
        var now = 0.0;
        List<double> begun = [];
        var previews = new Previews(_ => { }, Draw, () => now, TestContext.Current.CancellationToken);
        for (; now < 3000; now++)
        {
            previews.AfterUpdate(crossed: false);
        }

        Assert.Equal([30, 930, 1920], begun);

        Preview Draw(CancellationToken cancellation)
        {
            begun.Add(now);
            now += 90;
            return null!;
        }
    }

    [Fact]
    public void None_changes_what_is_trained()
    {
        var options = TinyRun.Options with { TotalImages = 40 };
        var (none, without) = Train(options, TimeProvider.System);
        var (some, with) = Train(options with { SampleEvery = 1000 }, new SlowClock());
        Assert.Empty(none);
        Assert.Equal(40, some[^1]);
        Assert.InRange(some.Count, 3, 9);
        Assert.Equal(some.Distinct(), some);
        Assert.Equal(without, with);
    }

    private static (List<long> Previews, SortedDictionary<string, string> Result) Train(TrainingOptions options, TimeProvider clock)
    {
        using var run = new TinyRun();
        List<long> previews = [];
        using (var trainer = Trainer.Open(TinyRun.Engine, run.Folder, TinyRun.Config(options), new TinyImages(TinyRun.Network.InputShape), clock: clock))
        {
            trainer.Run(preview: p => previews.Add(p.Images), cancellationToken: TestContext.Current.CancellationToken);
        }

        return (previews, run.Everything());
    }

    /// <summary>Ten seconds later at each look.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => now += 10;
    }
}
