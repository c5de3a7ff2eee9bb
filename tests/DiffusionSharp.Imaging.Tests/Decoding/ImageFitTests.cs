using CsCheck;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Tests.Decoding;

public class ImageFitTests
{
    [Fact]
    public void The_same_size_is_the_same_picture() => Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[0, 1000]).Sample((h, w, seed) =>
    {
        var rgb = new byte[3 * h * w];
        new Random(seed).NextBytes(rgb);
        var pixels = Fit(h, w, rgb, new ImageShape(3, h, w));
        return Enumerable.Range(0, rgb.Length).All(i => pixels[(i % 3 * h * w) + (i / 3)] == rgb[i]);
    });

    [Fact]
    public void One_colour_stays_one_colour() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Byte).Sample((h, w, toH, toW, level) =>
        Fit(h, w, [.. Enumerable.Repeat(level, 3 * h * w)], new ImageShape(3, toH, toW)).All(p => p == level));

    [Fact]
    public void A_reduction_by_two_has_the_taps_of_a_triangle()
    {
        // Row 0 0 0 0 200 0 0 0 → 4: the pixel at 4.5 is 0.5 from centre 5 (weight 3/8) and 1.5 from centre 3 (weight 1/8).
        var rgb = new byte[3 * 8 * 8];
        for (var y = 0; y < 8; y++)
        {
            rgb.AsSpan(((y * 8) + 4) * 3, 3).Fill(200);
        }

        var pixels = Fit(8, 8, rgb, new ImageShape(1, 4, 4));
        Assert.Equal([0, 25, 75, 0], pixels[..4]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10.7)]
    public void Fine_patterns_become_grey_at_any_ratio(double ratio)
    {
        var side = (int)(16 * ratio);
        var rgb = Enumerable.Range(0, 3 * side * side).Select(i => ((i / 3 % side) + (i / 3 / side)) % 2 == 0 ? (byte)255 : (byte)0).ToArray();
        Assert.All(Fit(side, side, rgb, new ImageShape(3, 16, 16)), p => Assert.InRange(p, 118, 137));
    }

    [Fact]
    public void A_ramp_stays_a_ramp()
    {
        var rgb = Enumerable.Range(0, 3 * 60 * 60).Select(i => (byte)(4 * (i / 3 % 60))).ToArray();
        var pixels = Fit(60, 60, rgb, new ImageShape(1, 20, 20));
        for (var x = 1; x < 19; x++)
        {
            // Away from the ends: the mean of three neighbours' centres, 4·(3x + 1).
            Assert.Equal(4 * ((3 * x) + 1), pixels[(10 * 20) + x]);
        }
    }

    [Theory]
    [InlineData(20, 60)]
    [InlineData(60, 20)]
    public void The_crop_is_in_the_middle(int height, int width)
    {
        // White in the middle third of the long side, black outside: after the crop all is white.
        var rgb = Enumerable.Range(0, height * width).SelectMany(i =>
        {
            var along = width > height ? i % width : i / width;
            return Enumerable.Repeat(along is >= 20 and < 40 ? (byte)255 : (byte)0, 3);
        }).ToArray();
        Assert.All(Fit(height, width, rgb, new ImageShape(3, 20, 20)), p => Assert.Equal(255, p));
    }

    [Fact]
    public void Non_square_targets_are_filled()
    {
        var rgb = Enumerable.Range(0, 3 * 30 * 40).Select(i => (byte)(i / 3 % 40 * 6)).ToArray();
        var pixels = Fit(30, 40, rgb, new ImageShape(1, 30, 20));
        Assert.Equal(10 * 6, pixels[0]);
        Assert.Equal(29 * 6, pixels[19]);
    }

    [Fact]
    public void Grey_is_the_luma_of_BT601() => Assert.Equal([76, 150, 29], Fit(1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255], new ImageShape(1, 1, 3)));

    private static byte[] Fit(int height, int width, byte[] rgb, ImageShape shape)
    {
        var pixels = new byte[shape.Elements];
        ImageFit.Fit(new DecodedImage("test", height, width, rgb), shape, pixels);
        return pixels;
    }
}
