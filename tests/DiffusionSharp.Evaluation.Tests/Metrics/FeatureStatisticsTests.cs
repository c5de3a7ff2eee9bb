using System.Numerics;
using CsCheck;
using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class FeatureStatisticsTests
{
    [Fact]
    public void Batches_and_a_saved_state_change_no_bit() => Gen.Select(Gen.Int[2, 600], Gen.Int[1, 40], Gen.Int[1, 300], Gen.ULong[0, 100]).Sample(
        (count, dimension, batch, seed) =>
        {
            var values = Features.Normal(count, dimension, seed, mean: 3);
            var whole = new StatisticsAccumulator(dimension);
            whole.Add(values);
            var parts = new StatisticsAccumulator(dimension);
            for (var row = 0; row < count; row += batch)
            {
                parts.Add(values.AsSpan(row * dimension, Math.Min(batch, count - row) * dimension));
                if (row % 2 == 0)
                {
                    parts = new StatisticsAccumulator(parts.ToState());
                }
            }

            FeatureStatistics a = whole.ToStatistics(), b = parts.ToStatistics();
            Assert.Equal((long)count, b.Count);
            Assert.True(a.Mean.SequenceEqual(b.Mean) && a.Covariance.SequenceEqual(b.Covariance));
        },
        iter: 40,
        threads: 1);

    [Fact]
    public void Mean_and_covariance_are_those_of_exact_arithmetic() => Gen.Select(Gen.Int[2, 700], Gen.Int[1, 6], Gen.ULong[0, 1000]).Sample(
        (count, dimension, seed) =>
        {
            // Integers: the sums N·Σxy - ΣxΣy are exact.
            var values = Array.ConvertAll(Features.Normal(count, dimension, seed, 1e6, 1000), Math.Round);
            var found = FeatureStatistics.Of(FeatureMatrix.Create(values, dimension));
            BigInteger Column(int c) => Sum(count, r => (BigInteger)values[(r * dimension) + c]);
            for (var i = 0; i < dimension; i++)
            {
                Assert.Equal((double)Column(i) / count, found.Mean[i], 1e-9);
                for (var j = 0; j < dimension; j++)
                {
                    var products = Sum(count, r => (BigInteger)values[(r * dimension) + i] * (BigInteger)values[(r * dimension) + j]);
                    var exact = (double)((count * products) - (Column(i) * Column(j))) / count / (count - 1);
                    Assert.Equal(exact, found.Covariance[(i * dimension) + j], 1e-9 * 1e6);
                }
            }
        },
        iter: 30);

    // In float64 sums of squares about zero, nothing would be left of a variance of 1.
    [Fact]
    public void Features_far_from_zero_lose_no_digits()
    {
        var near = Array.ConvertAll(Features.Normal(500, 5, 1), v => Math.Round(v * 64) / 64);
        var far = Array.ConvertAll(near, v => v + 1e12);
        FeatureStatistics a = FeatureStatistics.Of(FeatureMatrix.Create(near, 5)), b = FeatureStatistics.Of(FeatureMatrix.Create(far, 5));
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(a.Covariance[i], b.Covariance[i], 1e-13);
        }
    }

    [Fact]
    public void Float32_counts_as_what_it_is()
    {
        var values = Array.ConvertAll(Features.Normal(300, 7, 4), v => (float)v);
        var accumulator = new StatisticsAccumulator(7);
        accumulator.Add(values);
        var (a, b) = (accumulator.ToStatistics(), FeatureStatistics.Of(FeatureMatrix.Create(Array.ConvertAll(values, v => (double)v), 7)));
        Assert.True(a.Mean.SequenceEqual(b.Mean) && a.Covariance.SequenceEqual(b.Covariance));
    }

    [Fact]
    public void Too_few_images_unlike_rows_and_what_is_not_finite_are_refused()
    {
        var accumulator = new StatisticsAccumulator(2, "drawn");
        accumulator.Add([1.0, 2.0]);
        Refusal.Says(ErrorKind.Data, "drawn: found 1 images, and a covariance needs at least 2", () => accumulator.ToStatistics());
        Refusal.Says(ErrorKind.Data, "drawn: found 3 values, expected a whole number of images of 2 features", () => accumulator.Add([1.0, 2.0, 3.0]));
        Refusal.Says(ErrorKind.NonFinite, "drawn: feature 1 of image 1 is NaN", () => accumulator.Add([1.0, double.NaN]));
        Refusal.Says(ErrorKind.NonFinite, "drawn: feature 0 of image 2 is Infinity", () => accumulator.Add([1.0f, 1, float.PositiveInfinity, 2]));
        Refusal.Says(ErrorKind.NonFinite, "x: feature 1 of image 2 is NaN", () => FeatureMatrix.Create([1f, 2, 3, 4, 5, float.NaN], 2, "x"));
        Refusal.Says(ErrorKind.Data, "x: found 3 values, expected a whole number of rows of 2 features", () => FeatureMatrix.Create([1.0, 2, 3], 2, "x"));
        Refusal.Says(ErrorKind.Data, "s: found a mean of 2 and a covariance of 3 numbers", () => new FeatureStatistics([1, 2], [1, 2, 3], name: "s"));
        Refusal.Says(ErrorKind.Data, "s: covariance [1, 0] is 3 and [0, 1] is 2", () => new FeatureStatistics([1, 2], [1, 2, 3, 4], name: "s"));
        Refusal.Says(ErrorKind.NonFinite, "s: a mean or covariance is NaN", () => new FeatureStatistics([1], [double.NaN], name: "s"));
    }

    private static BigInteger Sum(int count, Func<int, BigInteger> value) => Enumerable.Range(0, count).Aggregate(BigInteger.Zero, (sum, r) => sum + value(r));
}
