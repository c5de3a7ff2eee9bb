using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Mean and scatter Σ(x - m)(x - m)ᵀ of images, block by block.</summary>
/// <param name="count">Images in it.</param>
/// <param name="mean">[D].</param>
/// <param name="scatter">[D, D], the upper triangle.</param>
internal sealed class ScatterSum(long count, double[] mean, double[] scatter)
{
    /// <summary>Images of a block. Another number gives other bits.</summary>
    public const int BlockRows = 256;

    // Features that a thread centres at a time.
    private const int Chunk = 64;

    public long Count { get; private set; } = count;

    public double[] Mean => mean;

    public double[] Scatter => scatter;

    /// <summary>Adds a block.</summary>
    /// <param name="block">[rows, D].</param>
    /// <param name="rows">At least 1.</param>
    public void Add(double[] block, int rows)
    {
        // The images about their mean m', and a row more, √(N n / (N + n)) (m' - m): its square is what the two scatters lack.
        var d = mean.Length;
        var centred = new double[(rows + 1) * d];
        var weight = Math.Sqrt((double)Count * rows / (Count + rows));
        Parallel.For(0, (d + Chunk - 1) / Chunk, chunk =>
        {
            int first = chunk * Chunk, features = Math.Min(Chunk, d - first);
            Span<double> own = stackalloc double[features], left = stackalloc double[features];
            own.Clear();
            Centre(block, centred, first, rows, own, left);
            left.CopyTo(own);

            // The mean of what is left about the mean is what rounding kept from it.
            Centre(block, centred, first, rows, own, left);
            for (var i = 0; i < features; i++)
            {
                own[i] += left[i];
            }

            Centre(block, centred, first, rows, own, left);
            for (var i = 0; i < features; i++)
            {
                centred[(rows * d) + first + i] = weight * (own[i] - mean[first + i]);
                mean[first + i] += (own[i] - mean[first + i]) * rows / (Count + rows);
            }
        });
        OuterProducts.Add(centred, rows + 1, d, scatter);
        Count += rows;
    }

    /// <summary>This with a block more, which may be empty.</summary>
    public ScatterSum With(double[] block, int rows)
    {
        if (rows == 0)
        {
            return this;
        }

        var sum = new ScatterSum(Count, [.. mean], [.. scatter]);
        sum.Add(block, rows);
        return sum;
    }

    // Puts some features of the block about values, and tells their means there.
    private void Centre(double[] block, double[] centred, int first, int rows, ReadOnlySpan<double> about, Span<double> means)
    {
        means.Clear();
        for (var row = 0; row < rows; row++)
        {
            var from = block.AsSpan((row * mean.Length) + first, about.Length);
            var to = centred.AsSpan((row * mean.Length) + first, about.Length);
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = from[i] - about[i];
                means[i] += to[i];
            }
        }

        foreach (ref var value in means)
        {
            value /= rows;
        }
    }
}
