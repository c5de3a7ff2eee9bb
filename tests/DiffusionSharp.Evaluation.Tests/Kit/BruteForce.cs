namespace DiffusionSharp.Evaluation.Tests.Kit;

/// <summary>Neighbours by looking at all pairs.</summary>
internal static class BruteForce
{
    /// <summary>The squared distance of two images, with decimal-free exactness for small integers and the usual rounding elsewhere.</summary>
    public static double Square(FeatureMatrix a, int i, FeatureMatrix b, int j)
    {
        double[] x = new double[a.Dimension], y = new double[b.Dimension];
        a.CopyRow(i, x);
        b.CopyRow(j, y);
        return x.Zip(y, (u, v) => (u - v) * (u - v)).Sum();
    }

    /// <summary>The k nearest of each image, by distance and then by number.</summary>
    public static (double Square, int Index)[][] Nearest(FeatureMatrix set, FeatureMatrix others, int k, bool exceptItself) =>
    [
        .. Enumerable.Range(0, set.Count).Select(i => Enumerable.Range(0, others.Count).Where(j => !exceptItself || i != j)
            .Select(j => (Square(set, i, others, j), j)).Order().Take(k).ToArray()),
    ];
}
