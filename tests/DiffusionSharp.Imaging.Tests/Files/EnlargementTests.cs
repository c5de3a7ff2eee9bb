using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Tests.Files;

public class EnlargementTests
{
    private static readonly ImageShape Shape = new(3, 4, 5);

    [Fact]
    public void Pixels_become_squares()
    {
        var (shape, large) = Enlargement.Make(Shape, Random(), 3);

        Assert.Equal(new ImageShape(3, 12, 15), shape);
        Assert.All(large.Index(), p => Assert.Equal(Random()[(p.Index / 180 * 20) + (p.Index % 180 / 15 / 3 * 5) + (p.Index % 15 / 3)], p.Item));
    }

    // Any other picture of that size is filtered.
    [Theory]
    [InlineData("3", true)]
    [InlineData(null, false)]
    [InlineData("0", false)]
    [InlineData("65", false)]
    [InlineData("2", false)]
    [InlineData("three", false)]
    public void Who_reads_a_file_takes_the_pixels_as_they_were(string? said, bool exact)
    {
        using var folder = new TempFolder();
        var (shape, large) = Enlargement.Make(Shape, Random(), 3);
        ImageFile.SavePng(folder.Path("x.png"), shape, large, said is null ? [] : new Dictionary<string, string> { [Enlargement.Key] = said });

        var values = ImageList.Read([folder.Path("x.png")], Shape, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(exact, Random().Select(p => (float)p / 127.5f - 1).Zip(values).All(p => Math.Abs(p.First - p.Second) < 1e-5));
    }

    [Fact]
    public void Other_files_were_not_enlarged()
    {
        using var folder = new TempFolder();
        folder.Write("x.jpg", [1, 2, 3]);

        Assert.Equal(1, Enlargement.Read(folder.Path("x.jpg")));
        Assert.Equal(1, Enlargement.Read(folder.Path("absent.png")));
    }

    private static byte[] Random()
    {
        var pixels = new byte[Shape.Elements];
        new Random(5).NextBytes(pixels);
        return pixels;
    }
}
