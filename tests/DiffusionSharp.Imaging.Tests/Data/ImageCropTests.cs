using DiffusionSharp.Imaging.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

public class ImageCropTests
{
    private static readonly DataOptions Options = new DataOptions { Crop = ImageCrop.Parse("celeba") }.WithSize(128);

    [Fact]
    public void The_square_of_the_paper_is_cut()
    {
        // The authors' Crop(57, 185, 25, 153): rows 57 to 184, columns 25 to 152.
        using var folder = new TempFolder();
        folder.Write("1.png", Fixtures.Encode(178, 218, (x, y) => new SKColor((byte)x, (byte)y, 7)));
        using var source = TestData.Open(folder.Root, Options);
        var pixels = new byte[3 * 128 * 128];
        source.ReadStored(0, pixels);
        for (var i = 0; i < 128 * 128; i++)
        {
            Assert.Equal((25 + (i % 128), 57 + (i / 128), 7), (pixels[i], pixels[i + (128 * 128)], pixels[i + (2 * 128 * 128)]));
        }
    }

    [Fact]
    public void Smaller_images_are_refused()
    {
        using var folder = new TempFolder();
        folder.Write("1.png", Fixtures.Flat(152, 185, SKColors.Red));
        var e = Assert.Throws<DiffusionException>(() => TestData.Open(folder.Root, Options));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains("celeba needs images of at least 153×185, this one is 152×185", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<DiffusionException>(() => TestData.Open(folder.Write("train_X.bin", new byte[27648]), Options));
        Assert.Contains("this one is 96×96", e.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => ImageCrop.Parse("faces"));
    }
}
