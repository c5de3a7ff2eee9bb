namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>How an interval is made.</summary>
public sealed record BootstrapOptions
{
    /// <summary>Samples, at least 2.</summary>
    public int Samples { get; init; } = 1000;

    /// <summary>The part of the samples within the interval, between 0 and 1.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The seed of the samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Lists every problem.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: there is one.</exception>
    public void Validate()
    {
        string[] problems =
        [
            .. Samples < 2 ? [$"Samples is {Samples}, expected at least 2"] : Array.Empty<string>(),
            .. !(Confidence > 0 && Confidence < 1) ? [FormattableString.Invariant($"Confidence is {Confidence}, expected between 0 and 1")] : Array.Empty<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"bootstrap: {string.Join("; ", problems)}");
        }
    }
}
