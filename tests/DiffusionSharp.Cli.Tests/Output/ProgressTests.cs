using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.Output;

/// <summary>The line that says how far something is.</summary>
public sealed class ProgressTests
{
    private static readonly ProgressPart[] Parts =
    [
        new("1,234,567/9,999,999 images", 2), new("loss 0.0123", 3), ProgressPart.Rate(1234.5, "images/s"), ProgressPart.Eta(new TimeSpan(11, 2, 3)), new("1.5 GiB", 1),
    ];

    [Theory]
    [InlineData(130, "██████████░░░░░░░░░░   50.0 %  1,234,567/9,999,999 images  loss 0.0123  1234.5 images/s  ETA 11:02:03  1.5 GiB")]
    [InlineData(90, "██████████░░░░░░░░░░   50.0 %  loss 0.0123  1234.5 images/s  ETA 11:02:03")]
    [InlineData(61, "██████████░░░░░░░░░░   50.0 %  1234.5 images/s  ETA 11:02:03")]
    [InlineData(60, " 50.0 %  1234.5 images/s  ETA 11:02:03")]
    [InlineData(24, " 50.0 %  ETA 11:02:03")]
    [InlineData(10, " 50.0 %")]
    public void A_narrow_terminal_leaves_whole_parts_out(int width, string expected)
    {
        using var error = new StringWriter();
        using var line = new ProgressLine(new CliHost { Out = TextWriter.Null, Error = error, Interactive = true, Width = width, Clock = new ManualClock() });
        line.Update(0.5, () => Parts, force: true);
        Assert.Equal(expected.TrimStart(), error.ToString()["\r\e[2K".Length..].TrimStart());
    }

    [Fact]
    public void A_log_has_a_line_in_every_half_minute()
    {
        using var error = new StringWriter();
        var clock = new ManualClock();
        using (var line = new ProgressLine(new CliHost { Out = TextWriter.Null, Error = error, Clock = clock }))
        {
            clock.Advance(29);
            Assert.Equal("", error.ToString());
            clock.Advance(1);
            line.Update(0.25, () => [new("a", 1), new("b", 2)], force: true);
            clock.Advance(60);
            line.Say("said");
            clock.Advance(29);
        }

        clock.Advance(100);
        Assert.Equal("0.0 %  at work for 0:30\n25.0 %  a  b\n25.0 %  at work for 1:00\n25.0 %  at work for 1:30\nsaid\n", error.ToString());
    }
}
