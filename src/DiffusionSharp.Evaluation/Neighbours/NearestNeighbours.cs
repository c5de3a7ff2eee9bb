namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>
/// The k nearest neighbours by Euclidean distance, exactly: what a comparison of all pairs in float64 finds. Products in float32 tell, with
/// bounds for their errors, who may be among the k, and float64 decides among those. Nothing depends on threads or vectors.
/// </summary>
public static class NearestNeighbours
{
    /// <summary>The neighbours of each image within its set, itself left out; another image that is the same is a neighbour at distance 0.</summary>
    /// <param name="set">More than k images.</param>
    /// <param name="k">Neighbours of each, at least 1.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: too few images.</exception>
    public static NeighbourTable Within(FeatureMatrix set, int k, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        FeatureErrors.RequireImages(set, k + 1, $"the distance to neighbour {k}");
        var rows = new ViewedRows(set, Frame.Of(set, set));
        return Find(rows, rows, k, exceptItself: true, cancellationToken);
    }

    /// <summary>The images of another set that are nearest to each image.</summary>
    /// <param name="set">Images.</param>
    /// <param name="others">At least k images, as many features.</param>
    /// <param name="k">Neighbours of each, at least 1.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: too few images, or other dimensions.</exception>
    public static NeighbourTable Between(FeatureMatrix set, FeatureMatrix others, int k, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        FeatureErrors.RequireImages(others, k, $"the distance to neighbour {k}");
        FeatureErrors.RequireSameDimension(others.Name, others.Dimension, set.Name, set.Dimension);
        var frame = Frame.Of(others, set);
        return Find(new ViewedRows(set, frame), new ViewedRows(others, frame), k, exceptItself: false, cancellationToken);
    }

    private static NeighbourTable Find(ViewedRows set, ViewedRows others, int k, bool exceptItself, CancellationToken cancellationToken)
    {
        var bounds = new DistanceBounds(set.Dimension);
        var candidates = new Candidates[set.Count];
        for (var i = 0; i < candidates.Length; i++)
        {
            candidates[i] = new(k);
        }

        PairProducts.ForEach(
            set,
            others,
            (row, first, products) => candidates[row].Look(bounds, set.Norms[row], set.Squares[row], others, first, products, exceptItself ? row : -1),
            cancellationToken);
        int[] indices = new int[set.Count * k];
        double[] squares = new double[set.Count * k];
        Parallel.For(0, set.Count, new ParallelOptions { CancellationToken = cancellationToken }, row =>
        {
            var nearest = candidates[row].Left.Select(other => (Square: ExactDistance.Squared(set.Features, row, others.Features, other), Index: other)).Order().Take(k).ToArray();
            for (var i = 0; i < k; i++)
            {
                (squares[(row * k) + i], indices[(row * k) + i]) = nearest[i];
            }
        });
        return new(k, indices, squares);
    }
}
