namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Of which subsets the kernel distance is the mean; the defaults are those of Bińkowski et al. 2018 and of torch-fidelity.</summary>
public sealed record KernelDistanceOptions
{
    /// <summary>How many subsets, at least 1.</summary>
    public int Subsets { get; init; } = 100;

    /// <summary>Images of each set in a subset, at least 2; none comes twice.</summary>
    public int SubsetSize { get; init; } = 1000;

    /// <summary>The seed of the subsets.</summary>
    public ulong Seed { get; init; }

    /// <summary>Lists every problem.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: there is one.</exception>
    public void Validate()
    {
        string[] problems =
        [
            .. Subsets < 1 ? [$"Subsets is {Subsets}, expected at least 1"] : Array.Empty<string>(),
            .. SubsetSize < 2 ? [$"SubsetSize is {SubsetSize}, expected at least 2"] : Array.Empty<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"kernel distance: {string.Join("; ", problems)}");
        }
    }
}
