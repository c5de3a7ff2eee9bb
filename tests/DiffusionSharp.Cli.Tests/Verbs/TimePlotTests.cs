using DiffusionSharp.Cli.Optional;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class TimePlotTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Ticks_are_at_whole_numbers_of_steps(int most)
    {
        using var plot = TimePlot.Draw([new TimePoint("η = 0", 1, 0.1), new TimePoint("η = 0", most, 0.1 * most)]);
        plot.GetImage(900, 600);

        var ticks = plot.Axes.Bottom.TickGenerator.Ticks;
        Assert.True(ticks.Length > 1);
        Assert.All(ticks, t => Assert.Equal(Math.Round(t.Position), t.Position));
        Assert.Contains("median", plot.Axes.Left.Label.Text, StringComparison.Ordinal);
    }
}
