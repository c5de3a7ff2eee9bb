using CsCheck;
using DiffusionSharp.Tuning;

namespace DiffusionSharp.Tests.Tuning;

public class LeastCostPathTests
{
    [Fact]
    public void It_is_as_cheap_as_the_cheapest_of_all() =>
        Gen.Int[1, 9].SelectMany(n => Gen.Select(Gen.Double[0, 1].Array[n], Gen.Double[0, 1].Array[(n + 1) * (n + 1)], Gen.Int[1, n]))
            .Sample((start, flat, steps) =>
            {
                var n = start.Length;
                var step = new double[n + 1, n + 1];
                Buffer.BlockCopy(flat, 0, step, 0, flat.Length * sizeof(double));

                var (levels, cost) = LeastCostPath.Find(start, step, steps);
                Assert.Equal(steps, levels.Length);
                Assert.Equal(levels.Order().Distinct(), levels);
                Assert.Equal(Cost(levels), cost, 1e-12);
                Assert.Equal(Subsets(n, steps).Min(Cost), cost, 1e-12);

                double Cost(int[] path) => start[path[0]] + path.Append(n).Skip(1).Zip(path, (to, from) => step[from, to]).Sum();
            });

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Steps_that_do_not_fit_are_refused(int steps) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LeastCostPath.Find([0, 0, 0], new double[4, 4], steps));

    /// <summary>The rising lists of so many of 0…n-1.</summary>
    internal static IEnumerable<int[]> Subsets(int n, int count) =>
        count == 0 ? [[]] : Subsets(n, count - 1).SelectMany(head => Enumerable.Range(head.Length == 0 ? 0 : head[^1] + 1, n - (head.Length == 0 ? 0 : head[^1] + 1)).Select(i => (int[])[.. head, i]));
}
