using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>
/// Where two sets are looked at from: about their middle, in a unit in which no feature vector is longer than 1. Distances stay what they are but for
/// the unit, a power of two, and float32 loses the least of them. Which middle it is changes no result, only how many doubts there are.
/// </summary>
internal sealed class Frame
{
    // Below this everything counts as doubtful: squares of smaller differences are no float64.
    private const int LeastExponent = -100;

    private readonly double[] centre;

    private Frame(double[] centre, int exponent) => (this.centre, Exponent) = (centre, exponent);

    /// <summary>Lengths are multiplied by 2 to this power.</summary>
    public int Exponent { get; }

    /// <summary>The frame of one set or two.</summary>
    public static Frame Of(FeatureMatrix first, FeatureMatrix second)
    {
        var centre = new double[first.Dimension];
        var row = new double[first.Dimension];
        for (var i = 0; i < first.Count; i++)
        {
            first.CopyRow(i, row);
            for (var c = 0; c < row.Length; c++)
            {
                centre[c] += row[c] / first.Count;
            }
        }

        var longest = Math.Sqrt(Math.Max(Longest(first, centre, row), Longest(second, centre, row)));
        return new(centre, -1 - Math.Max(LeastExponent, Math.ILogB(longest)));
    }

    /// <summary>The features of an image as seen from here.</summary>
    public void View(FeatureMatrix features, int row, double[] buffer, Span<float> result)
    {
        features.CopyRow(row, buffer);
        var unit = Math.ScaleB(1, Exponent);
        for (var c = 0; c < buffer.Length; c++)
        {
            result[c] = (float)((buffer[c] - centre[c]) * unit);
        }
    }

    private static double Longest(FeatureMatrix features, double[] centre, double[] row)
    {
        var longest = 0.0;
        for (var i = 0; i < features.Count; i++)
        {
            features.CopyRow(i, row);
            longest = Math.Max(longest, FixedLanes.SquaredDistance(row, centre));
        }

        return longest;
    }
}
