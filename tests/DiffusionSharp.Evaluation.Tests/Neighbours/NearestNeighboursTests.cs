using CsCheck;
using DiffusionSharp.Evaluation.Neighbours;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Neighbours;

public class NearestNeighboursTests
{
    // Small integers have many equal distances, all of them exact: the order among equals is checked, too.
    private static readonly Gen<(FeatureMatrix Set, FeatureMatrix Others, int K)> Integers =
        from dimension in Gen.Int[1, 40]
        from set in Gen.Double[-4, 4].Select(Math.Round).Array[dimension].Array[5, 90]
        from others in Gen.Double[-4, 4].Select(Math.Round).Array[dimension].Array[5, 90]
        from k in Gen.Int[1, 4]
        from move in Gen.Bool.Select(far => far ? 1e6 : 0)
        from narrow in Gen.Bool
        select (Matrix(set, dimension, move, narrow), Matrix(others, dimension, move, narrow), k);

    [Fact]
    public void Neighbours_and_ties_are_those_of_all_pairs() => Integers.Sample(
        c =>
        {
            Same(BruteForce.Nearest(c.Set, c.Others, c.K, exceptItself: false), NearestNeighbours.Between(c.Set, c.Others, c.K));
            Same(BruteForce.Nearest(c.Set, c.Set, c.K, exceptItself: true), NearestNeighbours.Within(c.Set, c.K));
        },
        iter: 150);

    // Two heaps far apart, each within 10⁻⁶: float32 sees nothing of what is in a heap.
    [Fact]
    public void Where_float32_sees_nothing_float64_decides()
    {
        var values = Features.Normal(120, 24, 6, deviation: 1e-6);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] += i / 24 % 2;
        }

        var set = FeatureMatrix.Create(values, 24);
        var (expected, found) = (BruteForce.Nearest(set, set, 3, exceptItself: true), NearestNeighbours.Within(set, 3));
        for (var i = 0; i < set.Count; i++)
        {
            Assert.Equal(expected[i].Select(e => e.Index), found.Indices(i).ToArray());
        }
    }

    [Fact]
    public void More_images_than_a_block_are_looked_at()
    {
        FeatureMatrix set = Features.NormalMatrix(70, 5, 1), others = Features.NormalMatrix(4500, 5, 2);
        var (expected, found) = (BruteForce.Nearest(set, others, 2, exceptItself: false), NearestNeighbours.Between(set, others, 2));
        for (var i = 0; i < set.Count; i++)
        {
            Assert.Equal(expected[i].Select(e => e.Index), found.Indices(i).ToArray());
        }
    }

    [Fact]
    public void Moving_and_scaling_by_powers_of_two_change_no_neighbour() => Gen.Select(Gen.ULong[0, 1000], Gen.Int[-60, 60], Gen.Int[-100, 100]).Sample(
        (seed, exponent, move) =>
        {
            var values = Array.ConvertAll(Features.Normal(60, 9, seed), v => Math.Round(v * 256));
            var there = Array.ConvertAll(values, v => Math.ScaleB(v + move, exponent));
            NeighbourTable a = NearestNeighbours.Within(FeatureMatrix.Create(values, 9), 3), b = NearestNeighbours.Within(FeatureMatrix.Create(there, 9), 3);
            for (var i = 0; i < 60; i++)
            {
                Assert.Equal(a.Indices(i).ToArray(), b.Indices(i).ToArray());
                Assert.Equal(a.SquaredDistances(i).ToArray().Select(d => Math.ScaleB(d, 2 * exponent)), b.SquaredDistances(i).ToArray());
            }
        },
        iter: 50);

    [Fact]
    public void Too_few_images_and_other_dimensions_are_refused()
    {
        Refusal.Says(ErrorKind.Data, "set 1: found 3 images, and the distance to neighbour 3 needs at least 4", () => NearestNeighbours.Within(Features.NormalMatrix(3, 2, 1), 3));
        Refusal.Says(ErrorKind.Data, "set 2: found 2 images", () => NearestNeighbours.Between(Features.NormalMatrix(3, 2, 1), Features.NormalMatrix(2, 2, 2), 3));
        Refusal.Says(ErrorKind.Data, "set 1 has 3 features an image, and set 2 has 2", () => NearestNeighbours.Between(Features.NormalMatrix(3, 3, 1), Features.NormalMatrix(2, 2, 2), 1));
    }

    private static void Same((double Square, int Index)[][] expected, NeighbourTable found)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Select(e => e.Index), found.Indices(i).ToArray());
            Assert.Equal(expected[i].Select(e => e.Square), found.SquaredDistances(i).ToArray());
        }
    }

    private static FeatureMatrix Matrix(double[][] rows, int dimension, double move, bool narrow)
    {
        double[] values = [.. rows.SelectMany(r => r).Select(v => v + move)];
        return narrow ? FeatureMatrix.Create(Array.ConvertAll(values, v => (float)v), dimension) : FeatureMatrix.Create(values, dimension);
    }
}
