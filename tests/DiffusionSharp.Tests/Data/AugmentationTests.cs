using DiffusionSharp.Data;

namespace DiffusionSharp.Tests.Data;

public class AugmentationTests
{
    private const int Side = 33;
    private static readonly ImageShape Shape = new(1, Side, Side);

    /// <summary>
    /// The labels alone say what was done: a smooth image is the function at the places that they name, by the matrices of appendix F.2 written out. So two images
    /// that were transformed differently have different labels.
    /// </summary>
    [Fact]
    public void The_labels_say_what_was_done()
    {
        var augmentation = new Augmentation(Shape, seed: 3, probability: 0.5);
        var (labels, seen) = (new float[Augmentation.Labels], new bool[Augmentation.Labels]);
        for (var position = 0; position < 60; position++)
        {
            float[] x = [.. Enumerable.Range(0, Shape.Elements).Select(i => (float)Function((i % Side) - 16, (i / Side) - 16))];
            augmentation.Apply(position, x, labels);
            var l = labels.Select(v => (double)v).ToArray();
            double theta = Math.Atan2(l[4], l[3] + 1), phi = l[5] == 0 && l[6] == 0 ? 0 : Math.Atan(l[6] / l[5]);
            var stretch = Math.Pow(2, 0.2 * Math.Sign(l[5]) * Math.Sqrt((l[5] * l[5]) + (l[6] * l[6])));
            var map = AffineMap.Scale(Math.Pow(2, -0.2 * l[2]), Math.Pow(2, -0.2 * l[2]))
                * AffineMap.Rotation(Math.Cos(theta), Math.Sin(theta))
                * AffineMap.Rotation(Math.Cos(phi), -Math.Sin(phi)) * AffineMap.Scale(1 / stretch, stretch) * AffineMap.Rotation(Math.Cos(phi), Math.Sin(phi))
                * AffineMap.Translation(-Side * l[7] / 8, -Side * l[8] / 8);
            for (var i = 0; i < x.Length; i++)
            {
                var (u, v) = map.Apply((i % Side) - 16, (i / Side) - 16);
                if (Math.Abs(u) < 11 && Math.Abs(v) < 11)
                {
                    Assert.Equal(Function(l[0] == 1 ? -u : u, l[1] == 1 ? -v : v), x[i], 6e-3);
                }
            }

            for (var k = 0; k < l.Length; k++)
            {
                seen[k] |= l[k] != 0;
            }
        }

        Assert.All(seen, Assert.True);

        static double Function(double x, double y) => (0.4 * Math.Sin((0.19 * x) + 0.3)) + (0.3 * Math.Cos((0.15 * y) - (0.1 * x))) + (0.01 * y);
    }

    [Fact]
    public void Labels_are_as_frequent_and_as_large_as_table_6_says()
    {
        const int images = 4000;
        const double p = 0.12;
        var augmentation = new Augmentation(new ImageShape(1, 2, 2), seed: 9, p);
        var all = Enumerable.Range(0, images).Select(position =>
        {
            var labels = new float[Augmentation.Labels];
            augmentation.Apply(position, new float[4], labels);
            return labels;
        }).ToList();
        var allowed = 4 * Math.Sqrt(p / images);
        Assert.Equal(0.5, all.Average(l => l[0]), 0.032);
        Assert.Equal(p / 2, all.Average(l => l[1]), allowed);
        foreach (var label in (int[])[2, 4, 5, 7, 8])
        {
            Assert.Equal(p, all.Average(l => l[label] != 0 ? 1.0 : 0), allowed);
        }

        Assert.Equal(1, all.Where(l => l[2] != 0).Average(l => l[2] * l[2]), 0.3);
        Assert.Equal(1, all.Where(l => l[7] != 0).Average(l => l[8] * l[8]), 0.3);
        Assert.Equal(-1, all.Where(l => l[4] != 0).Average(l => l[3]), 0.15);
        Assert.All(all, l => Assert.Equal(1, ((l[3] + 1) * (l[3] + 1)) + (l[4] * l[4]), 1e-5));
        Assert.Equal(1, all.Where(l => l[5] != 0).Average(l => (l[5] * l[5]) + (l[6] * l[6])), 0.3);
        Assert.Equal(0.5, all.Where(l => l[5] != 0).Average(l => l[6] != 0 ? 1.0 : 0), 0.1);
    }

    [Fact]
    public void It_is_a_function_of_seed_and_position()
    {
        float[] First(ulong seed, long position)
        {
            float[] x = [.. Enumerable.Range(0, Shape.Elements).Select(i => MathF.Sin(i))], labels = new float[Augmentation.Labels];
            var augmentation = new Augmentation(Shape, seed, 0.5);
            augmentation.Apply(position + 1, new float[Shape.Elements], labels);
            augmentation.Apply(position, x, labels);
            return [.. x, .. labels];
        }

        Assert.Equal(First(1, 5), First(1, 5));
        Assert.NotEqual(First(1, 5), First(2, 5));
        Assert.NotEqual(First(1, 5), First(1, 6));
    }
}
