namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// Mean and unbiased covariance of a set's features in float64: all that the Fréchet distance asks of it. <see cref="StatisticsAccumulator"/>
/// makes them of images, <see cref="StatisticsFile"/> keeps them.
/// </summary>
public sealed class FeatureStatistics
{
    // What float32 leaves of a symmetric matrix, and more.
    private const double Asymmetry = 1e-4;

    private readonly double[] mean;
    private readonly double[] covariance;

    /// <summary>Wraps numbers that were made elsewhere.</summary>
    /// <param name="mean">[D], finite.</param>
    /// <param name="covariance">[D, D], finite and symmetric; halves that differ in their last digits are averaged.</param>
    /// <param name="count">Images they are of, where that is known.</param>
    /// <param name="name">What messages call them.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: the sizes do not fit, or this is no covariance; <see cref="ErrorKind.NonFinite"/>: a
    /// number is NaN or infinite.</exception>
    public FeatureStatistics(double[] mean, double[] covariance, long? count = null, string name = "statistics")
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(covariance);
        if (mean.Length == 0 || (long)mean.Length * mean.Length != covariance.Length)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{name}: found a mean of {mean.Length} and a covariance of {covariance.Length} numbers, expected D and D²: make them of one set of features");
        }

        (this.mean, this.covariance, Count, Name) = ([.. mean], [.. covariance], count, name);
        if (mean.Concat(covariance).Any(v => !double.IsFinite(v)))
        {
            throw new DiffusionException(ErrorKind.NonFinite, $"{name}: a mean or covariance is NaN or infinite, expected finite numbers: make them anew of finite features");
        }

        MakeSymmetric();
    }

    /// <summary>Features, D.</summary>
    public int Dimension => mean.Length;

    /// <summary>Images they are of; null where a file does not say.</summary>
    public long? Count { get; }

    /// <summary>What messages call them.</summary>
    public string Name { get; }

    /// <summary>Mean of each feature, [D].</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>Covariance, divided by N - 1: [D, D] in C order, symmetric.</summary>
    public ReadOnlySpan<double> Covariance => covariance;

    /// <summary>The same as memory, for threads.</summary>
    internal ReadOnlyMemory<double> CovarianceMemory => covariance;

    /// <summary>The sum of all variances.</summary>
    public double Trace
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < Dimension; i++)
            {
                sum += covariance[(i * Dimension) + i];
            }

            return sum;
        }
    }

    /// <summary>Statistics of features that are at hand.</summary>
    /// <param name="features">At least 2 images.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: fewer.</exception>
    public static FeatureStatistics Of(FeatureMatrix features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return Of(features, [.. Enumerable.Range(0, features.Count)]);
    }

    /// <summary>Statistics of some of the images.</summary>
    internal static FeatureStatistics Of(FeatureMatrix features, ReadOnlySpan<int> rows)
    {
        var accumulator = new StatisticsAccumulator(features.Dimension, features.Name);
        var row = new double[features.Dimension];
        foreach (var i in rows)
        {
            features.CopyRow(i, row);
            accumulator.Add(row);
        }

        return accumulator.ToStatistics();
    }

    private void MakeSymmetric()
    {
        var most = 0.0;
        for (var i = 0; i < Dimension; i++)
        {
            most = Math.Max(most, covariance[(i * Dimension) + i]);
        }

        for (var i = 0; i < Dimension; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                ref double a = ref covariance[(i * Dimension) + j], b = ref covariance[(j * Dimension) + i];
                if (Math.Abs(a - b) > Asymmetry * most || (i == j && a < -Asymmetry * most))
                {
                    throw new DiffusionException(
                        ErrorKind.Data,
                        FormattableString.Invariant($"{Name}: covariance [{i}, {j}] is {a} and [{j}, {i}] is {b}, expected a symmetric matrix without negative variances: ")
                        + "this is no covariance; make the statistics anew");
                }

                a = b = (a + b) / 2;
            }
        }
    }
}
