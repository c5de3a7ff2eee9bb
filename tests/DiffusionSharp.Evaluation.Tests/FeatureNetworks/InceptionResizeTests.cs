using DiffusionSharp.Evaluation.FeatureNetworks;

namespace DiffusionSharp.Evaluation.Tests.FeatureNetworks;

/// <summary>What holds for any bilinear interpolation; PyTorch's bits are a golden case.</summary>
public class InceptionResizeTests
{
    private const int Side = 299;

    [Fact]
    public void An_image_of_the_size_stays_as_it_is()
    {
        var image = Enumerable.Range(0, 2 * Side * Side).Select(i => (float)Math.Sin(i)).ToArray();
        Assert.Equal(image, Resize(image, new(2, Side, Side)));
    }

    [Fact]
    public void One_pixel_fills_everything() => Assert.All(Resize([0.3f], new(1, 1, 1)), v => Assert.Equal(0.3f, v, 1e-7f));

    // Between the middles of the outermost pixels.
    [Theory]
    [InlineData(31, 600)]
    [InlineData(600, 31)]
    public void A_plane_stays_a_plane(int height, int width)
    {
        var image = Enumerable.Range(0, height * width).Select(i => (float)((2.0 * (i / width)) - (i % width))).ToArray();
        var resized = Resize(image, new(1, height, width));
        for (var y = 5; y < Side - 5; y++)
        {
            for (var x = 5; x < Side - 5; x++)
            {
                var expected = (2 * Place(y, height)) - Place(x, width);
                Assert.Equal(expected, resized[(y * Side) + x], 1e-3);
            }
        }

        static double Place(int i, int side) => ((i + 0.5) * side / Side) - 0.5;
    }

    private static float[] Resize(float[] image, ImageShape shape)
    {
        var resized = new float[shape.Channels * Side * Side];
        InceptionResize.Resize(image, shape, resized);
        return resized;
    }
}
