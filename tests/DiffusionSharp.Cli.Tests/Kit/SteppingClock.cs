namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>A clock that is a minute later whenever it is looked at, so that every progress line is shown.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private long now;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => now += 60;
}
