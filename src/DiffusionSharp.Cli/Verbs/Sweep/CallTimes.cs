namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>How long network calls take, each with the arithmetic of its step. Their median knows nothing of what else the machine did meanwhile.</summary>
internal sealed class CallTimes(TimeProvider clock)
{
    private readonly Dictionary<int, List<double>> seconds = [];
    private long last = clock.GetTimestamp();

    /// <summary>What was done since the last call is part of none.</summary>
    public void Begin() => last = clock.GetTimestamp();

    /// <summary>Notes a call that has just ended, and began when the one before it ended.</summary>
    /// <param name="images">Images that went through the network together.</param>
    public void Add(int images)
    {
        if (!seconds.TryGetValue(images, out var list))
        {
            seconds[images] = list = [];
        }

        list.Add(clock.GetElapsedTime(last).TotalSeconds);
        last = clock.GetTimestamp();
    }

    /// <summary>How many calls with so many images were timed.</summary>
    public int Count(int images) => seconds.GetValueOrDefault(images)?.Count ?? 0;

    /// <summary>Their median; of an even number of calls, the mean of the two in the middle.</summary>
    public double Median(int images)
    {
        double[] sorted = [.. seconds[images].Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
