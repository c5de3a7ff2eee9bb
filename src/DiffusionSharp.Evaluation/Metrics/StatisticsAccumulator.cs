namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// Makes <see cref="FeatureStatistics"/> of images that come in order, few or many at a time; it needs room for D² numbers, however many images
/// there are. Blocks of 256 images are summed about their own means and put together as Chan, Golub and LeVeque (1983, "Algorithms for computing
/// the sample variance", equation 2.1) do, after the first image was taken off all of them: features far from zero lose no digits. The order of
/// every sum is fixed, so the bits depend on neither how the images are batched nor threads nor vectors.
/// </summary>
public sealed class StatisticsAccumulator
{
    private readonly string name;
    private readonly double[] shift;
    private readonly ScatterSum sum;
    private readonly double[] pending;
    private int rows;

    /// <summary>Begins with no image.</summary>
    /// <param name="dimension">Features of an image, D.</param>
    /// <param name="name">What messages call the set.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: D² numbers are more than an array holds.</exception>
    public StatisticsAccumulator(int dimension, string name = "features")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        MemoryNeed.Length((double)dimension * dimension, $"{name}: a covariance of {dimension} features", "choose a smaller layer");
        this.name = name;
        shift = new double[dimension];
        sum = new ScatterSum(0, new double[dimension], new double[dimension * dimension]);
        pending = new double[ScatterSum.BlockRows * dimension];
    }

    /// <summary>Goes on where another one was.</summary>
    /// <param name="state">What it knew.</param>
    /// <param name="name">What messages call the set.</param>
    /// <exception cref="ArgumentException">The arrays' lengths do not fit each other.</exception>
    public StatisticsAccumulator(AccumulatorState state, string name = "features")
        : this(state?.Shift.Length ?? throw new ArgumentNullException(nameof(state)), name)
    {
        var d = shift.Length;
        if (state.Mean.Length != d || state.Scatter.Length != d * d || state.Pending.Length % d != 0 || state.Pending.Length >= pending.Length || state.Count % ScatterSum.BlockRows != 0)
        {
            throw new ArgumentException($"{state.Count} images, mean [{state.Mean.Length}], scatter [{state.Scatter.Length}] and pending [{state.Pending.Length}] do not fit {d} features", nameof(state));
        }

        state.Shift.CopyTo(shift, 0);
        sum = new ScatterSum(state.Count, [.. state.Mean], [.. state.Scatter]);
        state.Pending.CopyTo(pending, 0);
        rows = state.Pending.Length / d;
    }

    /// <summary>Features of an image, D.</summary>
    public int Dimension => shift.Length;

    /// <summary>Images so far.</summary>
    public long Count => sum.Count + rows;

    /// <summary>Adds images.</summary>
    /// <param name="images">[n, D] in C order.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no whole number of images; <see cref="ErrorKind.NonFinite"/>: a value is NaN, infinite or
    /// beyond <see cref="FeatureMatrix.Largest"/>; the images before it are in.</exception>
    public void Add(ReadOnlySpan<float> images)
    {
        RequireWhole(images.Length);
        var row = new double[Dimension];
        for (; images.Length > 0; images = images[Dimension..])
        {
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = images[i];
            }

            AddRow(row);
        }
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{float})"/>
    public void Add(ReadOnlySpan<double> images)
    {
        RequireWhole(images.Length);
        for (; images.Length > 0; images = images[Dimension..])
        {
            AddRow(images[..Dimension]);
        }
    }

    /// <summary>Mean and covariance of the images so far; more may follow.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: fewer than 2 images.</exception>
    public FeatureStatistics ToStatistics()
    {
        if (Count < 2)
        {
            throw FeatureErrors.TooFew(name, Count, 2, "a covariance");
        }

        var whole = sum.With(pending, rows);
        var d = Dimension;
        double[] mean = new double[d], covariance = new double[d * d];
        for (var i = 0; i < d; i++)
        {
            mean[i] = shift[i] + whole.Mean[i];
            for (var j = i; j < d; j++)
            {
                covariance[(i * d) + j] = covariance[(j * d) + i] = whole.Scatter[(i * d) + j] / (Count - 1);
            }
        }

        return new FeatureStatistics(mean, covariance, Count, name);
    }

    /// <summary>A copy of what is known so far.</summary>
    public AccumulatorState ToState() => new(sum.Count, [.. shift], [.. sum.Mean], [.. sum.Scatter], pending[..(rows * Dimension)]);

    private void RequireWhole(int length)
    {
        if (length % Dimension != 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{name}: found {length} values, expected a whole number of images of {Dimension} features: give [n, {Dimension}] in C order");
        }
    }

    private void AddRow(ReadOnlySpan<double> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (!(Math.Abs(row[i]) <= FeatureMatrix.Largest))
            {
                throw FeatureErrors.NotFinite(name, Count, i, row[i]);
            }
        }

        if (Count == 0)
        {
            row.CopyTo(shift);
        }

        var target = pending.AsSpan(rows++ * Dimension, Dimension);
        for (var i = 0; i < row.Length; i++)
        {
            target[i] = row[i] - shift[i];
        }

        if (rows == ScatterSum.BlockRows)
        {
            sum.Add(pending, rows);
            rows = 0;
        }
    }
}
