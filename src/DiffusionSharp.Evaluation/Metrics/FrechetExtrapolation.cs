namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// The Fréchet distance of infinitely many images (Chong and Forsyth 2020, "Effectively unbiased FID and Inception Score", section 3.2): that of N
/// images is too large by about c/N, so the distances of subsets of several sizes are laid on a line in 1/N, and its height at 0 is the result.
/// </summary>
public sealed class FrechetExtrapolation
{
    private FrechetExtrapolation(IReadOnlyList<FrechetPoint> points)
    {
        Points = points;
        (Distance, Slope) = Line(points);
    }

    /// <summary>The distance at 1/N = 0, FD∞. It may be a little below 0 where the distance is 0.</summary>
    public double Distance { get; }

    /// <summary>The line's slope c: N images have a distance that is too large by about c/N.</summary>
    public double Slope { get; }

    /// <summary>What the line was laid through.</summary>
    public IReadOnlyList<FrechetPoint> Points { get; }

    /// <summary>Extrapolates.</summary>
    /// <param name="features">The set whose size is thought infinite.</param>
    /// <param name="reference">Statistics it is compared with, all of theirs.</param>
    /// <param name="options">Sizes and seed; null for the paper's: 15 sizes from 5,000 to all images.</param>
    /// <param name="cancellationToken">Stops between sizes.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: other dimensions, or no more images than the smallest subset has;
    /// <see cref="ErrorKind.Usage"/>: bad options.</exception>
    public static FrechetExtrapolation Compute(
        FeatureMatrix features, FeatureStatistics reference, FrechetExtrapolationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(reference);
        options ??= new FrechetExtrapolationOptions();
        options.Validate();
        FeatureErrors.RequireImages(features, options.SmallestSubset + 1, $"a Fréchet distance extrapolated from {options.SmallestSubset} images on");
        FeatureErrors.RequireSameDimension(reference.Name, reference.Dimension, features.Name, features.Dimension);
        var known = new FrechetReference(reference);
        var points = new FrechetPoint[options.Points];
        for (var k = 0; k < points.Length; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = (int)Math.Round(options.SmallestSubset + ((double)k * (features.Count - options.SmallestSubset) / (points.Length - 1)));
            var rows = RandomRows.WithoutRepetition(features.Count, size, options.Seed, k);
            points[k] = new(size, known.DistanceTo(FeatureStatistics.Of(features, rows)));
        }

        return new(points);
    }

    /// <summary>The line by least squares.</summary>
    internal static (double Height, double Slope) Line(IReadOnlyList<FrechetPoint> points)
    {
        double x = points.Average(p => 1.0 / p.Images), y = points.Average(p => p.Distance);
        var slope = points.Sum(p => ((1.0 / p.Images) - x) * (p.Distance - y)) / points.Sum(p => ((1.0 / p.Images) - x) * ((1.0 / p.Images) - x));
        return (y - (slope * x), slope);
    }
}
