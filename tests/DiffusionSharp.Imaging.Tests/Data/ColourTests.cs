using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Files;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Grey, RGB and RGBA from the same files, and back.</summary>
public sealed class ColourTests : IDisposable
{
    private static readonly SKColor Corner = new(200, 100, 50, 51);
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_becomes_one_three_or_four_channels()
    {
        folder.Write("in/0.png", Fixtures.Encode(2, 2, (x, y) => x + y == 0 ? Corner : new SKColor(10, 20, 30, (byte)(x == 1 ? 255 : 0))));
        Assert.Equal([229, 18, 255, 18], Read(1));
        Assert.Equal([244, 10, 255, 10, 224, 20, 255, 20, 214, 30, 255, 30], Read(3));
        Assert.Equal([200, 10, 0, 10, 100, 20, 0, 20, 50, 30, 0, 30, 51, 255, 0, 255], Read(4));
        Assert.Contains("4×2×2", TestData.Open(folder.Path("in"), new DataOptions { Channels = 4 }.WithSize(2)).Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_transparency_is_opaque()
    {
        folder.Write("in/0.jpg", Fixtures.Flat(8, 8, SKColors.Red, SKEncodedImageFormat.Jpeg));
        Assert.All(Read(4).AsSpan(12).ToArray(), a => Assert.Equal(255, a));
    }

    [Fact]
    public void What_is_transparent_leaves_no_trace_in_its_neighbours()
    {
        // Half is opaque blue, half is red that nobody sees: reduced to one pixel, it is blue at half the opacity.
        var image = new DecodedImage("PNG", 1, 2, [255, 0, 0, 0, 0, 255]) { Alpha = [0, 255] };
        var pixels = new byte[4];
        ImageFit.Fit(image with { Height = 2, Width = 2, Rgb = [.. image.Rgb, .. image.Rgb], Alpha = [0, 255, 0, 255] }, new ImageShape(4, 1, 1), pixels);
        Assert.Equal([0, 0, 255, 128], pixels);
    }

    [Fact]
    public void Transparency_turns_and_is_cut_with_the_picture()
    {
        var image = new DecodedImage("PNG", 1, 2, [1, 2, 3, 4, 5, 6]) { Alpha = [7, 8] };
        var turned = Orientation.Apply(image, 6);
        Assert.Equal((2, 1), (turned.Height, turned.Width));
        Assert.Equal([7, 8], turned.Alpha);
        Assert.Equal([8, 7], Orientation.Apply(image, 2).Alpha);
        Assert.Equal([8], new ImageCrop(0, 1, 1, 1).Apply(image).Alpha);
    }

    [Fact]
    public void A_transparent_picture_is_written_and_read_back()
    {
        var shape = new ImageShape(4, 2, 2);
        byte[] pixels = [200, 10, 0, 10, 100, 20, 0, 20, 50, 30, 0, 30, 51, 255, 0, 128];
        ImageFile.SavePng(folder.Path("in/0.png"), shape, pixels);
        Assert.Equal(pixels, Read(4));
        var (sheet, all) = ImageGrid.Make(shape, [.. pixels, .. pixels]);
        ImageFile.SavePng(folder.Path("sheet.png"), sheet, all);
        Assert.Equal((6, 10), (sheet.Height, sheet.Width));
        Assert.Equal(255, all[3 * 60]);
        var list = ImageList.Read([folder.Path("in/0.png")], shape, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((51 / 127.5) - 1, list[12], 6);
    }

    [Fact]
    public void Sets_of_opaque_images_are_no_RGBA()
    {
        var e = Assert.Throws<DiffusionException>(() => TestData.Open(folder.Write("x.bin", new byte[CifarImages.RecordBytes]), new DataOptions { Channels = 4 }));
        Assert.Contains("holds opaque images", e.Message, StringComparison.Ordinal);
        Assert.Throws<DiffusionException>(() => DataSets.Open("builtin:shapes", new DataOptions { Channels = 4 }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<DiffusionException>(() => new DataOptions { Channels = 2 }.Validate());
    }

    private byte[] Read(int channels)
    {
        using var source = TestData.Open(folder.Path("in"), new DataOptions { Channels = channels }.WithSize(2));
        var pixels = new byte[source.Shape.Elements];
        source.ReadStored(0, pixels);
        return pixels;
    }
}
