using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class BootstrapTests
{
    // The mean of n has the deviation s/√n: ± 1.96 of it are 95 %.
    [Fact]
    public void The_interval_of_a_mean_is_that_of_the_normal_distribution()
    {
        var values = Features.Normal(2000, 1, 9);
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) / 2000);
        var interval = Bootstrap.OfMean(values, new BootstrapOptions { Samples = 4000 });
        Assert.Equal(mean - (1.96 * deviation), interval.Low, 0.15 * deviation);
        Assert.Equal(mean + (1.96 * deviation), interval.High, 0.15 * deviation);
    }

    // Repeated for many sets, the interval holds the true mean about as often as it says.
    [Fact]
    public void It_holds_the_truth_as_often_as_it_says()
    {
        var held = Enumerable.Range(0, 300).Count(k =>
            Bootstrap.OfMean(Features.Normal(80, 1, 1000 + (ulong)k), new BootstrapOptions { Samples = 300, Confidence = 0.8 }) is var i && i.Low <= 0 && 0 <= i.High);
        Assert.InRange(held, 220, 258);
    }

    [Fact]
    public void A_statistic_sees_as_many_images_as_there_are()
    {
        var seen = new HashSet<int>();
        var interval = Bootstrap.Compute(
            5,
            rows =>
            {
                Assert.Equal(5, rows.Length);
                seen.UnionWith(rows.ToArray());
                return 7;
            },
            new BootstrapOptions { Samples = 50 });
        Assert.Equal(new Interval(7, 7), interval);
        Assert.Equal([0, 1, 2, 3, 4], seen.Order());
    }

    [Fact]
    public void Bad_options_are_refused() =>
        Refusal.Says(ErrorKind.Usage, "Samples is 1, expected at least 2; Confidence is 1", () => Bootstrap.OfMean([1, 2], new BootstrapOptions { Samples = 1, Confidence = 1 }));
}
