using System.Buffers;
using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>The squared distance that decides: in float64, in one order of summation.</summary>
internal static class ExactDistance
{
    /// <summary>Between an image of one set and one of another; the same whichever comes first.</summary>
    public static double Squared(FeatureMatrix a, int row, FeatureMatrix b, int otherRow)
    {
        var d = a.Dimension;
        if (!a.Singles.IsEmpty && !b.Singles.IsEmpty)
        {
            return FixedLanes.SquaredDistance(a.Singles.Slice(row * d, d), b.Singles.Slice(otherRow * d, d));
        }

        if (!a.Doubles.IsEmpty && !b.Doubles.IsEmpty)
        {
            return FixedLanes.SquaredDistance(a.Doubles.Slice(row * d, d), b.Doubles.Slice(otherRow * d, d));
        }

        var buffer = ArrayPool<double>.Shared.Rent(2 * d);
        Span<double> first = buffer.AsSpan(0, d), second = buffer.AsSpan(d, d);
        a.CopyRow(row, first);
        b.CopyRow(otherRow, second);
        var square = FixedLanes.SquaredDistance((ReadOnlySpan<double>)first, second);
        ArrayPool<double>.Shared.Return(buffer);
        return square;
    }
}
