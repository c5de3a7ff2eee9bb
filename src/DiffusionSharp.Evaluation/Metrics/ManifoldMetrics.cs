using DiffusionSharp.Evaluation.Neighbours;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// How generated images lie among real ones. About each image is a ball that reaches to its k-th neighbour in its set. Precision and recall
/// (Kynkäänniemi et al. 2019, equations 1 and 2): the part of the generated in some ball of a real one, and the reverse. Density and
/// coverage (Naeem et al. 2020, equations 3 and 4): in how many balls of real ones a generated one lies, divided by k, and the part of the
/// real ones whose ball holds a generated one. All decisions are those of float64.
/// </summary>
public sealed class ManifoldMetrics
{
    private readonly int k;

    private ManifoldMetrics(int k, int[] ballsOfGenerated, int[] ballsOfReal, int[] generatedInBalls) =>
        (this.k, BallsOfGenerated, BallsOfReal, GeneratedInBalls) = (k, ballsOfGenerated, ballsOfReal, generatedInBalls);

    /// <summary>In how many balls of real images each generated one lies.</summary>
    public IReadOnlyList<int> BallsOfGenerated { get; }

    /// <summary>In how many balls of generated images each real one lies.</summary>
    public IReadOnlyList<int> BallsOfReal { get; }

    /// <summary>How many generated images lie in the ball of each real one.</summary>
    public IReadOnlyList<int> GeneratedInBalls { get; }

    /// <summary>Fidelity: the part of the generated images that lie among real ones, 0 … 1.</summary>
    public double Precision => Part(BallsOfGenerated);

    /// <summary>Diversity: the part of the real images that lie among generated ones, 0 … 1.</summary>
    public double Recall => Part(BallsOfReal);

    /// <summary>Fidelity that one outlier among the real images cannot raise; from 0, about 1 for sets of one kind, and above where they crowd.</summary>
    public double Density => (double)BallsOfGenerated.Sum(n => (long)n) / ((double)k * BallsOfGenerated.Count);

    /// <summary>Diversity by the real images' own balls: the part of them that hold a generated image, 0 … 1.</summary>
    public double Coverage => Part(GeneratedInBalls);

    /// <summary>Compares two sets: four times all pairs of images, D multiply-adds each.</summary>
    /// <param name="real">More than k images.</param>
    /// <param name="generated">More than k images, as many features.</param>
    /// <param name="options">k, and what counts as near; null for 3 and ≤.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: too few images, or other dimensions; <see cref="ErrorKind.Usage"/>: bad options.</exception>
    public static ManifoldMetrics Compute(FeatureMatrix real, FeatureMatrix generated, ManifoldOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ManifoldOptions();
        options.Validate();
        FeatureErrors.RequireImages(real, options.K + 1, $"the distance to neighbour {options.K}");
        FeatureErrors.RequireImages(generated, options.K + 1, $"the distance to neighbour {options.K}");
        FeatureErrors.RequireSameDimension(real.Name, real.Dimension, generated.Name, generated.Dimension);
        var closed = options.Boundary == BallBoundary.Closed;
        var (ballsOfGenerated, generatedInBalls) = Balls.Count(generated, real, SquaredRadii(real, options.K, cancellationToken), closed, cancellationToken);
        var (ballsOfReal, _) = Balls.Count(real, generated, SquaredRadii(generated, options.K, cancellationToken), closed, cancellationToken);
        return new(options.K, ballsOfGenerated, ballsOfReal, generatedInBalls);
    }

    private static double[] SquaredRadii(FeatureMatrix set, int k, CancellationToken cancellationToken)
    {
        var neighbours = NearestNeighbours.Within(set, k, cancellationToken);
        return [.. Enumerable.Range(0, set.Count).Select(i => neighbours.SquaredDistances(i)[^1])];
    }

    private static double Part(IReadOnlyCollection<int> counts) => (double)counts.Count(n => n > 0) / counts.Count;
}
