using System.Numerics;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>Which points lie in which balls, exactly: float64 decides wherever the float32 product's error bound leaves a doubt.</summary>
internal static class Balls
{
    /// <summary>Counts.</summary>
    /// <param name="points">Points.</param>
    /// <param name="centres">The balls' centres.</param>
    /// <param name="squaredRadii">Their squared radii.</param>
    /// <param name="closed">Whether a point at the radius is inside.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>In how many balls each point lies, and how many points lie in each ball.</returns>
    public static (int[] OfPoints, int[] OfBalls) Count(FeatureMatrix points, FeatureMatrix centres, double[] squaredRadii, bool closed, CancellationToken cancellationToken)
    {
        var frame = Frame.Of(centres, points);
        ViewedRows from = new(points, frame), to = new(centres, frame);
        var bounds = new DistanceBounds(points.Dimension);

        // Radii in the frame's unit, rounded away from the doubt.
        var viewed = Array.ConvertAll(squaredRadii, r => (float)Math.ScaleB(r, 2 * frame.Exponent));
        var (inside, outside) = (Array.ConvertAll(viewed, MathF.BitDecrement), Array.ConvertAll(viewed, MathF.BitIncrement));
        int[] ofPoints = new int[points.Count], ofBalls = new int[centres.Count];
        PairProducts.ForEach(from, to, Look, cancellationToken);
        return (ofPoints, ofBalls);

        void Look(int row, int first, ReadOnlySpan<float> products)
        {
            ReadOnlySpan<float> norms = to.Norms.Slice(first, products.Length), squares = to.Squares.Slice(first, products.Length);
            float norm = from.Norms[row], square = from.Squares[row];
            for (var i = 0; i < products.Length; i += Vector<float>.Count)
            {
                var whole = i + Vector<float>.Count <= products.Length;
                if (whole && Vector.GreaterThanAll(
                    bounds.Lower(new(norm), new(square), norms[i..], squares[i..], products[i..]), new Vector<float>(outside.AsSpan(first + i))))
                {
                    continue;
                }

                for (var j = i; j < Math.Min(i + Vector<float>.Count, products.Length); j++)
                {
                    var (lower, upper) = bounds.Of(norm, square, norms[j], squares[j], products[j]);
                    if (upper < inside[first + j] || (lower <= outside[first + j] && IsInside(row, first + j)))
                    {
                        ofPoints[row]++;
                        Interlocked.Increment(ref ofBalls[first + j]);
                    }
                }
            }
        }

        bool IsInside(int point, int ball)
        {
            var distance = ExactDistance.Squared(points, point, centres, ball);
            return closed ? distance <= squaredRadii[ball] : distance < squaredRadii[ball];
        }
    }
}
