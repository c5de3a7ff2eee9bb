namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Through which subsets the line is laid; the defaults are those of Chong and Forsyth 2020.</summary>
public sealed record FrechetExtrapolationOptions
{
    /// <summary>Sizes of subsets, evenly from <see cref="SmallestSubset"/> to all images; at least 2.</summary>
    public int Points { get; init; } = 15;

    /// <summary>Images of the smallest subset, at least 2.</summary>
    public int SmallestSubset { get; init; } = 5000;

    /// <summary>The seed of the subsets; no image comes twice in one.</summary>
    public ulong Seed { get; init; }

    /// <summary>Lists every problem.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: there is one.</exception>
    public void Validate()
    {
        string[] problems =
        [
            .. Points < 2 ? [$"Points is {Points}, expected at least 2"] : Array.Empty<string>(),
            .. SmallestSubset < 2 ? [$"SmallestSubset is {SmallestSubset}, expected at least 2"] : Array.Empty<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"extrapolated Fréchet distance: {string.Join("; ", problems)}");
        }
    }
}
