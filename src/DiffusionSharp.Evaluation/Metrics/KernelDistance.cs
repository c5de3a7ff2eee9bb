using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// The kernel distance, KID (Bińkowski et al. 2018, section 4): the unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012,
/// equation 3) under the kernel k(x, y) = (xᵀy / D + 1)³. Its expectation does not depend on how many images there are, and it may be negative.
/// </summary>
public static class KernelDistance
{
    /// <summary>The estimate of all images; D multiply-adds for each pair of them.</summary>
    /// <param name="first">At least 2 images.</param>
    /// <param name="second">At least 2 images, as many features.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: too few images, or other dimensions.</exception>
    public static double Compute(FeatureMatrix first, FeatureMatrix second, CancellationToken cancellationToken = default)
    {
        Require(first, second, 2);
        return Compute(first, All(first), second, All(second), cancellationToken);
    }

    /// <summary>The mean over random subsets of both sets, as the paper and its successors report it.</summary>
    /// <param name="first">At least as many images as a subset has.</param>
    /// <param name="second">As well.</param>
    /// <param name="options">How many subsets of which size; null for 100 of 1,000.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: too few images, or other dimensions; <see cref="ErrorKind.Usage"/>: bad options.</exception>
    public static Estimate OverSubsets(FeatureMatrix first, FeatureMatrix second, KernelDistanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new KernelDistanceOptions();
        options.Validate();
        Require(first, second, options.SubsetSize);
        int[] numbers = [.. Enumerable.Range(0, options.Subsets)];
        return OverSubsets(
            first,
            [.. numbers.Select(k => RandomRows.WithoutRepetition(first.Count, options.SubsetSize, options.Seed, 2L * k))],
            second,
            [.. numbers.Select(k => RandomRows.WithoutRepetition(second.Count, options.SubsetSize, options.Seed, (2L * k) + 1))],
            cancellationToken);
    }

    /// <summary>The mean over subsets that are given.</summary>
    /// <param name="first">A set.</param>
    /// <param name="firstRows">Images of it, a list for each subset; at least 2 each.</param>
    /// <param name="second">Another set.</param>
    /// <param name="secondRows">Images of that, as many lists.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: other dimensions.</exception>
    /// <exception cref="ArgumentException">No subset, not as many of both, one of fewer than 2 images, or an image that is not there.</exception>
    public static Estimate OverSubsets(
        FeatureMatrix first, IReadOnlyList<int[]> firstRows, FeatureMatrix second, IReadOnlyList<int[]> secondRows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(firstRows);
        ArgumentNullException.ThrowIfNull(secondRows);
        Require(first, second, 2);
        if (firstRows.Count == 0 || firstRows.Count != secondRows.Count || firstRows.Concat(secondRows).Any(r => r.Length < 2))
        {
            throw new ArgumentException($"{firstRows.Count} and {secondRows.Count} subsets: as many of both, each of at least 2 images, are needed", nameof(firstRows));
        }

        return new([.. firstRows.Zip(secondRows, (a, b) => Compute(first, a, second, b, cancellationToken))]);
    }

    private static double Compute(FeatureMatrix first, int[] firstRows, FeatureMatrix second, int[] secondRows, CancellationToken cancellationToken)
    {
        using Panels<double> a = RowPanels.Pack(first, firstRows), b = RowPanels.Pack(second, secondRows);
        double m = a.Columns, n = b.Columns;
        var within = (KernelSums.Sum(a, a, exceptDiagonal: true, cancellationToken) / (m * (m - 1))) + (KernelSums.Sum(b, b, exceptDiagonal: true, cancellationToken) / (n * (n - 1)));
        return within - (2 * KernelSums.Sum(a, b, exceptDiagonal: false, cancellationToken) / (m * n));
    }

    private static int[] All(FeatureMatrix features) => [.. Enumerable.Range(0, features.Count)];

    private static void Require(FeatureMatrix first, FeatureMatrix second, int least)
    {
        FeatureErrors.RequireImages(first, least, "this kernel distance");
        FeatureErrors.RequireImages(second, least, "this kernel distance");
        FeatureErrors.RequireSameDimension(first.Name, first.Dimension, second.Name, second.Dimension);
    }
}
