namespace DiffusionSharp.Training.Runs;

/// <summary>The position of a run, saved with every checkpoint.</summary>
public sealed record TrainingState
{
    /// <summary>Updates done.</summary>
    public long Step { get; init; }

    /// <summary>Images seen.</summary>
    public long Images { get; init; }

    /// <summary>Seconds of training so far, all sessions together.</summary>
    public double Seconds { get; init; }

    /// <summary>Sum of the losses since the last line of the log.</summary>
    public double LossSum { get; init; }

    /// <summary>Number of losses in the sum.</summary>
    public int LossCount { get; init; }

    /// <summary>True when a validation was due here and the run was stopped before it was done.</summary>
    public bool ValidationDue { get; init; }

    /// <summary>Bytes of metrics.jsonl that belong to this position; what follows is cut off on resume.</summary>
    public long MetricsLength { get; init; }
}
