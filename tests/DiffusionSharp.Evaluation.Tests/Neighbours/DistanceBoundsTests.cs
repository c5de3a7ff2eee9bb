using CsCheck;
using DiffusionSharp.Evaluation.Neighbours;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Neighbours;

public class DistanceBoundsTests
{
    // Sums of one sign, of both, of near cancellation and of vectors nearly opposite, up to 4,096 terms.
    [Fact]
    public void The_bounds_hold_the_float64_distance_and_are_not_wide() => Gen.Select(Gen.Int[1, 4096], Gen.Double[0, 3], Gen.Double[-7, 0], Gen.ULong[0, 100_000]).Sample(
        (d, mean, apart, seed) =>
        {
            double[] a = Features.Normal(1, d, seed, mean), other = Features.Normal(1, d, seed + 1);
            double[] b = [.. a.Zip(other, (x, y) => x + (Math.Pow(10, apart) * y))];
            var pair = FeatureMatrix.Create([.. a, .. b], d);
            var frame = Frame.Of(FeatureMatrix.Create(other, d), pair);
            var views = new ViewedRows(pair, frame);
            float[] x = new float[d], y = new float[d];
            frame.View(pair, 0, new double[d], x);
            frame.View(pair, 1, new double[d], y);
            var product = 0f;
            for (var i = 0; i < d; i++)
            {
                product = MathF.FusedMultiplyAdd(x[i], y[i], product);
            }

            var (lower, upper) = new DistanceBounds(d).Of(views.Norms[0], views.Squares[0], views.Norms[1], views.Squares[1], product);
            var square = Math.ScaleB(ExactDistance.Squared(pair, 0, pair, 1), 2 * frame.Exponent);
            Assert.InRange(square, lower, upper);
            Assert.True(upper - lower <= ((d / 2.0) + 9) * 4 * Math.Pow(2, -24) * 2);
            Assert.InRange(views.Norms[1], 0, 1);
        },
        iter: 2000);
}
