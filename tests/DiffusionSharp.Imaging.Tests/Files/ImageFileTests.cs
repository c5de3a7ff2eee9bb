using System.Text;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Tests.Files;

public class ImageFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_saved_is_read_back(int channels)
    {
        using var folder = new TempFolder();
        var shape = new ImageShape(channels, 5, 7);
        var pixels = new byte[shape.Elements];
        new Random(1).NextBytes(pixels);
        var path = folder.Path("a/b/c.png");
        ImageFile.SavePng(path, shape, pixels);
        ImageFile.SavePng(path, shape, pixels);
        var image = ImageDecoder.Decode(File.ReadAllBytes(path), default, 1000);
        var back = new byte[pixels.Length];
        ImageFit.Fit(image, shape, back);
        Assert.Equal(pixels, back);
        Assert.Single(Directory.GetFiles(folder.Path("a/b")));
    }

    [Fact]
    public void Floats_are_rounded_and_clamped()
    {
        var bytes = new byte[8];
        ImageFile.ToBytes([-1, 1, 0, -2, 2, float.NaN, (2 * 77 / 255f) - 1, -1 + (1.02f / 255)], bytes);
        Assert.Equal([0, 255, 128, 0, 255, 0, 77, 1], bytes);
        using var folder = new TempFolder();
        ImageFile.SavePng(folder.Path("x.png"), new ImageShape(1, 1, 2), [-1f, 1f]);
        Assert.Equal([0, 0, 0, 255, 255, 255], ImageDecoder.Decode(File.ReadAllBytes(folder.Path("x.png")), default, 10).Rgb);
    }

    [Fact]
    public void Text_is_stored_in_the_file()
    {
        using var folder = new TempFolder();
        ImageFile.SavePng(folder.Path("x.png"), new ImageShape(1, 1, 1), [(byte)9], new Dictionary<string, string>(StringComparer.Ordinal) { ["recipe"] = "η = 0, τ = 50" });
        var file = File.ReadAllBytes(folder.Path("x.png"));
        Assert.True(file.AsSpan().IndexOf(Encoding.UTF8.GetBytes("iTXtrecipe\0\0\0\0\0η = 0, τ = 50")) > 0);
        Assert.Equal([9, 9, 9], ImageDecoder.Decode(file, default, 10).Rgb);
        Assert.Throws<ArgumentException>(() => ImageFile.SavePng(folder.Path("y.png"), new ImageShape(1, 1, 1), [(byte)9], new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "x" }));
    }

    [Fact]
    public void A_file_in_the_way_is_a_storage_error()
    {
        using var folder = new TempFolder();
        folder.Write("file", [1]);
        var e = Assert.Throws<DiffusionException>(() => ImageFile.SavePng(folder.Path("file/x.png"), new ImageShape(1, 1, 1), [(byte)9]));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("x.png", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_puts_every_picture_in_its_place()
    {
        var pixels = Enumerable.Range(0, 5).SelectMany(n => Enumerable.Repeat((byte)(10 * (n + 1)), 2 * 3)).ToArray();
        var (shape, sheet) = ImageGrid.Make(new ImageShape(1, 2, 3), pixels, scale: 2, padding: 1);
        Assert.Equal(new ImageShape(1, (2 * 5) + 1, (3 * 7) + 1), shape);
        Assert.Equal(10, sheet[(1 * 22) + 1]);
        Assert.Equal(10, sheet[(4 * 22) + 6]);
        Assert.Equal(255, sheet[(4 * 22) + 7]);
        Assert.Equal(20, sheet[(1 * 22) + 8]);
        Assert.Equal(50, sheet[(9 * 22) + 13]);
        Assert.Equal(255, sheet[(9 * 22) + 15]);
        Assert.Equal(5 * 24, sheet.Count(p => p != 255));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 4)]
    [InlineData(17, 5)]
    public void Grids_are_nearly_square(int count, int columns) => Assert.Equal(columns, ImageGrid.NearSquareColumns(count));

    [Theory]
    [InlineData(1, 10, 2, 1)]
    [InlineData(4, 10, 2, 1)]
    [InlineData(50, 10, 2, 3)]
    [InlineData(50, 2, 2, 8)]
    [InlineData(4, 1, 2, 4)] // 4 × 2 rather than 2 × 4
    [InlineData(5, 1, 2, 3)]
    public void Blocks_are_laid_out_to_be_nearly_square(int count, int width, int height, int columns) =>
        Assert.Equal(columns, ImageGrid.NearSquareColumns(count, width, height));
}
