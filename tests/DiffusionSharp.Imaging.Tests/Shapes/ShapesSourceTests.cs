using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Tests.Shapes;

public class ShapesSourceTests
{
    [Fact]
    public void A_picture_is_a_pure_function_of_seed_and_position()
    {
        var source = new ShapesSource(32, 7);
        byte[] together = new byte[64 * 3072], apart = new byte[64 * 3072];
        int[] labels = new int[64], others = new int[64];
        source.Read(1000, together, labels);
        for (var i = 63; i >= 0; i--)
        {
            new ShapesSource(32, 7).Read(1000 + i, apart.AsSpan(i * 3072, 3072), others.AsSpan(i, 1));
        }

        Assert.Equal(together, apart);
        Assert.Equal(labels, others);
    }

    [Fact]
    public void The_set_never_changes()
    {
        // A model card names this set: a change of any pixel needs a new name or version in the fingerprint.
        var pixels = new byte[256 * 3072];
        new ShapesSource(32, 0).Read(0, pixels, new int[256]);
        Assert.Equal("364aeafd5a8a4ac06be48abd2d4af45fc4b4cc8fc2167d4d2a056b40190e53ed", Sha256.Compute(pixels));
    }

    [Fact]
    public void Seeds_share_no_picture()
    {
        byte[] a = new byte[200 * 3072], b = new byte[200 * 3072];
        new ShapesSource(32, 0).Read(0, a, new int[200]);
        new ShapesSource(32, 1).Read(0, b, new int[200]);
        var hashes = a.Chunk(3072).Concat(b.Chunk(3072)).Select(p => Sha256.Compute(p));
        Assert.Equal(400, hashes.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_shape_and_hue_is_equally_likely()
    {
        var drawings = Enumerable.Range(0, 12_000).Select(i => ShapeDrawing.Create(3, i)).ToArray();
        Assert.All(Enum.GetValues<ShapeKind>(), kind => Assert.InRange(drawings.Count(d => d.Kind == kind), 1800, 2200));
        Assert.All(Enumerable.Range(0, ShapeHue.Bins), bin => Assert.InRange(drawings.Count(d => ShapeHue.Bin(d.Hue) == bin), 850, 1150));
    }

    [Fact]
    public void Coverage_is_the_shapes_area()
    {
        // White on black without shading: the mean level is the area, known in closed form for every shape.
        double[] areas = [Math.PI, 2, 3 * Math.Sqrt(3) / 4, 5 * 0.45 * Math.Sin(Math.PI / 5), Math.PI * (1 - (0.55 * 0.55)), 4 * 0.3 * ((2 * Math.Sqrt(0.91)) - 0.3)];
        foreach (var kind in Enum.GetValues<ShapeKind>())
        {
            var pixels = new byte[3 * 128 * 128];
            var drawing = ShapeDrawing.Create(1, 1) with
            {
                Kind = kind,
                Saturation = 0,
                Value = 1,
                Shading = 0,
                Background = (0, 0, 0),
                Gradient = 0,
                Radius = 0.35,
                Rotation = 0.3,
            };
            ShapeRasterizer.Render(drawing, 128, pixels);
            Assert.Equal(areas[(int)kind] * 0.35 * 0.35, pixels.Average(p => p / 255.0), 0.0015);
        }
    }

    [Fact]
    public void The_border_stays_background()
    {
        for (var i = 0; i < 500; i++)
        {
            var d = ShapeDrawing.Create(5, i);
            var margin = Math.Min(Math.Min(d.CentreX, 1 - d.CentreX), Math.Min(d.CentreY, 1 - d.CentreY)) - d.Radius;
            Assert.InRange(margin, 0.0499, 1);
        }
    }

    [Theory]
    [InlineData(15)]
    [InlineData(257)]
    public void Sizes_out_of_range_are_refused(int size)
    {
        var e = Assert.Throws<DiffusionException>(() => new ShapesSource(size));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains($"{size}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nearest_training_image_is_found()
    {
        var source = new ShapesSource(32, 11);
        var pictures = new byte[3 * 3072];
        source.Read(300, pictures.AsSpan(0, 3072), new int[1]);
        source.Read(17, pictures.AsSpan(3072, 3072), new int[1]);
        source.Read(5000, pictures.AsSpan(2 * 3072, 3072), new int[1]);
        for (var i = 3072; i < 2 * 3072; i++)
        {
            pictures[i] = (byte)(pictures[i] < 128 ? pictures[i] + 2 : pictures[i] - 2);
        }

        var nearest = NearestNeighbour.Find(source, 600, pictures, TestContext.Current.CancellationToken);
        Assert.Equal(new NearestNeighbour(300, 0), nearest[0]);
        Assert.Equal(new NearestNeighbour(17, 2), nearest[1]);

        // The third one against plain arithmetic.
        var all = new byte[600 * 3072];
        source.Read(0, all, new int[600]);
        var expected = all.Chunk(3072).Select(image => Math.Sqrt(image.Zip(pictures[(2 * 3072)..], (x, y) => (double)((x - y) * (x - y))).Average())).Min();
        Assert.Equal(expected, nearest[2].Distance, 1e-9);
    }

    [Fact]
    public void Stored_drawings_are_the_same_for_every_seed_and_apart_from_those_of_training()
    {
        byte[] one = new byte[3 * 32 * 32], other = new byte[3 * 32 * 32], training = new byte[3 * 32 * 32];
        var label = new int[1];
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(new ShapesSource(32, 1).ReadStored(i, one), new ShapesSource(32, 2).ReadStored(i, other));
            Assert.Equal(one, other);
            new ShapesSource(32, 1).Read(i, training, label);
            Assert.NotEqual(one, training);
        }
    }
}
