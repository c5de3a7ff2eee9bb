namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>A clock that stands still until it is told to go on; its timers then ring.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<Ring> timers = [];
    private long now;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var ring = new Ring(() => callback(state), (long)period.TotalSeconds);
        timers.Add(ring);
        return ring;
    }

    public void Advance(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            now++;
            timers.ForEach(t => t.At(now));
        }
    }

    private sealed class Ring(Action action, long period) : ITimer
    {
        private bool disposed;

        public void At(long now)
        {
            if (!disposed && now % period == 0)
            {
                action();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
