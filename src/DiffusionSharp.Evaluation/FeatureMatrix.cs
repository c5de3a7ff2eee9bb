namespace DiffusionSharp.Evaluation;

/// <summary>
/// The features of a set of images, a row each: [N, D], float32 as networks give them or float64. Every number is finite; the metrics
/// rely on it. Nothing is copied: who changes the array changes the features.
/// </summary>
public sealed class FeatureMatrix
{
    /// <summary>The largest magnitude that is accepted: cubes of squares of it are still float64.</summary>
    public const double Largest = 1e30;

    private readonly float[]? singles;
    private readonly double[]? doubles;

    private FeatureMatrix(float[]? singles, double[]? doubles, int dimension, string name)
    {
        (this.singles, this.doubles, Dimension, Name) = (singles, doubles, dimension, name);
        var length = singles?.Length ?? doubles!.Length;
        Count = length / dimension;
        if (length % dimension != 0)
        {
            throw new DiffusionException(
                ErrorKind.Data, $"{name}: found {length} values, expected a whole number of rows of {dimension} features: give [N, {dimension}] in C order");
        }

        var bad = singles is null ? Array.FindIndex(doubles!, v => !(Math.Abs(v) <= Largest)) : Array.FindIndex(singles, v => !(Math.Abs(v) <= Largest));
        if (bad >= 0)
        {
            throw FeatureErrors.NotFinite(name, bad / dimension, bad % dimension, singles is null ? doubles![bad] : singles[bad]);
        }
    }

    /// <summary>Images, N.</summary>
    public int Count { get; }

    /// <summary>Features of an image, D.</summary>
    public int Dimension { get; }

    /// <summary>What messages call this set.</summary>
    public string Name { get; }

    /// <summary>Features in float32.</summary>
    /// <param name="values">[N, D] in C order.</param>
    /// <param name="dimension">D, at least 1.</param>
    /// <param name="name">What messages call this set: a folder, a file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no whole number of rows; <see cref="ErrorKind.NonFinite"/>: a value is NaN, infinite or
    /// larger than <see cref="Largest"/>.</exception>
    public static FeatureMatrix Create(float[] values, int dimension, string name = "features")
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        return new(values, null, dimension, name);
    }

    /// <summary>Features in float64.</summary>
    /// <inheritdoc cref="Create(float[], int, string)"/>
    public static FeatureMatrix Create(double[] values, int dimension, string name = "features")
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        return new(null, values, dimension, name);
    }

    /// <summary>All of it, where it is float32.</summary>
    internal ReadOnlySpan<float> Singles => singles;

    /// <summary>All of it, where it is float64.</summary>
    internal ReadOnlySpan<double> Doubles => doubles;

    /// <summary>The features of one image.</summary>
    /// <param name="row">0 … N - 1.</param>
    /// <param name="destination">Receives D values.</param>
    public void CopyRow(int row, Span<double> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        if (doubles is not null)
        {
            doubles.AsSpan(row * Dimension, Dimension).CopyTo(destination);
            return;
        }

        var from = singles.AsSpan(row * Dimension, Dimension);
        for (var i = 0; i < from.Length; i++)
        {
            destination[i] = from[i];
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Count} × {Dimension}";
}
