using DiffusionSharp.Evaluation.FeatureNetworks;

namespace DiffusionSharp.Evaluation.Tests.FeatureNetworks;

public class AntialiasedResizeTests
{
    // By hand: the triangle about 1 of 4, two pixels wide, is 3/4, 3/4 and 1/4 at 0, 1 and 2.
    [Fact]
    public void Shrinking_weighs_by_distance()
    {
        var result = new float[4];
        AntialiasedResize.Resize([.. Enumerable.Range(0, 16).Select(i => (byte)i)], (4, 4), 2, result);
        double part = ((0 * 3) + (1 * 3) + 2) / 7.0;
        Assert.Equal(5 * part, result[0], 1e-5);
        Assert.Equal(15 - (5 * part), result[3], 1e-5);
    }

    [Fact]
    public void An_image_of_the_size_stays_as_it_is()
    {
        byte[] image = [.. Enumerable.Range(0, 25).Select(i => (byte)(i * 10))];
        var result = new float[25];
        AntialiasedResize.Resize(image, (5, 5), 5, result);
        Assert.Equal(image.Select(v => (float)v), result);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(31, 700)]
    public void What_is_even_stays_even(int height, int width)
    {
        var result = new float[224 * 224];
        AntialiasedResize.Resize([.. Enumerable.Repeat((byte)77, height * width)], (height, width), 224, result);
        Assert.All(result, v => Assert.Equal(77, v, 1e-5));
    }
}
