namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>The k nearest neighbours of each image of a set, the nearest first; of equally near ones the earlier.</summary>
public sealed class NeighbourTable
{
    private readonly int[] indices;
    private readonly double[] squares;

    internal NeighbourTable(int k, int[] indices, double[] squares) => (K, this.indices, this.squares) = (k, indices, squares);

    /// <summary>Images, N.</summary>
    public int Count => squares.Length / K;

    /// <summary>Neighbours of each.</summary>
    public int K { get; }

    /// <summary>Which images an image's neighbours are, [K].</summary>
    /// <param name="row">The image, 0 … N - 1.</param>
    public ReadOnlySpan<int> Indices(int row) => indices.AsSpan(row * K, K);

    /// <summary>The squared Euclidean distances to them, [K], ascending.</summary>
    /// <param name="row">The image, 0 … N - 1.</param>
    public ReadOnlySpan<double> SquaredDistances(int row) => squares.AsSpan(row * K, K);
}
