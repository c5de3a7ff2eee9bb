namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>What counts as near.</summary>
public sealed record ManifoldOptions
{
    /// <summary>The radius about an image is the distance to its k-th neighbour; 3 for precision and recall (Kynkäänniemi et al. 2019), 5 for density and coverage (Naeem et al. 2020).</summary>
    public int K { get; init; } = 3;

    /// <summary>Whether an image at the radius is near.</summary>
    public BallBoundary Boundary { get; init; } = BallBoundary.Closed;

    /// <summary>Finds every problem.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: there is one.</exception>
    public void Validate()
    {
        if (K < 1)
        {
            throw new DiffusionException(ErrorKind.Usage, $"precision and recall: K is {K}, expected at least 1");
        }
    }
}
