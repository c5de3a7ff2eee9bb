namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// Percentile intervals by resampling the images (Efron and Tibshirani 1993, chapter 13), the same for the same seed everywhere. The statistic
/// is computed anew for each sample, so it should be cheap: a mean over images — precision and density of <see cref="ManifoldMetrics"/> over the
/// generated, recall and coverage over the real ones, with radii that stay — or the inception score. Samples hold images twice, which a Fréchet distance,
/// a kernel distance or neighbours among the sample itself take for likeness: for those, it is not meant.
/// </summary>
public static class Bootstrap
{
    /// <summary>The interval of a statistic.</summary>
    /// <param name="count">Images, at least 1.</param>
    /// <param name="statistic">The statistic of a sample: as many images as there are, by number; some twice, some never.</param>
    /// <param name="options">How many samples; null for 1,000 and 95 %.</param>
    /// <param name="cancellationToken">Stops between samples.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: bad options.</exception>
    public static Interval Compute(int count, Func<ReadOnlySpan<int>, double> statistic, BootstrapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(statistic);
        options ??= new BootstrapOptions();
        options.Validate();
        var rows = new int[count];
        var values = new double[options.Samples];
        for (var k = 0; k < values.Length; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RandomRows.WithRepetition(rows, options.Seed, k);
            values[k] = statistic(rows);
        }

        Array.Sort(values);
        return new(Quantile(values, (1 - options.Confidence) / 2), Quantile(values, (1 + options.Confidence) / 2));
    }

    /// <summary>The interval of a mean over images.</summary>
    /// <param name="values">Each image's value, at least one.</param>
    /// <param name="options">How many samples; null for 1,000 and 95 %.</param>
    /// <param name="cancellationToken">Stops between samples.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: bad options.</exception>
    public static Interval OfMean(IReadOnlyList<double> values, BootstrapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Compute(
            values.Count,
            rows =>
            {
                var sum = 0.0;
                foreach (var row in rows)
                {
                    sum += values[row];
                }

                return sum / rows.Length;
            },
            options,
            cancellationToken);
    }

    // Between two neighbours in proportion (Hyndman and Fan 1996, definition 7; NumPy's).
    private static double Quantile(double[] sorted, double p)
    {
        var place = p * (sorted.Length - 1);
        var low = (int)place;
        return low + 1 < sorted.Length ? sorted[low] + ((place - low) * (sorted[low + 1] - sorted[low])) : sorted[low];
    }
}
