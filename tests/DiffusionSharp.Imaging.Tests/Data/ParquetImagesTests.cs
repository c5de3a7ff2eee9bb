using DiffusionSharp.Imaging.Data;
using SkiaSharp;
using TestKit.Files;

namespace DiffusionSharp.Imaging.Tests.Data;

public class ParquetImagesTests
{
    private const string Names = """{"info": {"features": {"img": {"_type": "Image"}, "label": {"names": ["cat", "dog", "eel"], "_type": "ClassLabel"}}}}""";
    private static readonly SKColor[] Colours = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    [Fact]
    public async Task Shards_are_read_in_order_with_the_names_of_their_classes()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Path("data"));
        await Write(folder.Path("data/train-00000-of-00002.parquet"), "img", Names, [(0, 2), (1, 0)]);
        await Write(folder.Path("data/train-00001-of-00002.parquet"), "img", Names, [(2, 1), (3, 2)]);
        await Write(folder.Path("data/test-00000-of-00001.parquet"), "img", Names, [(0, 0)]);
        using var source = Open(folder.Root);
        Assert.Equal(4, source.ImagesPerEpoch);
        Assert.Equal(["cat", "dog", "eel"], source.ClassNames);
        var pixels = new byte[48];
        foreach (var (i, label) in new[] { 2, 0, 1, 2 }.Index())
        {
            Assert.Equal(label, source.ReadStored(i, pixels));
            Assert.Equal([Colours[i].Red, Colours[i].Green, Colours[i].Blue], new[] { pixels[0], pixels[16], pixels[32] });
        }

        var report = TestData.Check(folder.Root);
        Assert.Equal(("parquet", 4L, 2L), (report.Kind, report.Images, report.Classes["eel"]));
        Assert.Equal(1, TestData.Check(folder.Path("data/test-00000-of-00001.parquet")).Images);
    }

    [Fact]
    public async Task Classes_without_names_are_numbers()
    {
        using var folder = new TempFolder();
        await Write(folder.Path("x.parquet"), "image", null, [(0, 10), (1, 2)]);
        using var source = Open(folder.Path("x.parquet"));
        Assert.Equal(11, source.ClassNames.Count);
        Assert.Equal("10", source.ClassNames[source.ReadStored(0, new byte[48])]);
    }

    [Fact]
    public async Task A_plain_column_of_bytes_is_taken_too()
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), null, new ParquetTable().Bytes("jpg", Fixtures.Flat(4, 4, SKColors.Red), [1, 2, 3]));
        var report = TestData.Check(folder.Path("x.parquet"));
        Assert.Equal((1L, 1), (report.Images, report.Bad.Count));
        Assert.Empty(report.Classes);
    }

    [Fact]
    public async Task An_empty_row_group_is_no_images()
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), null, new ParquetTable().Bytes("image").Required<int>("label"));
        AssertFails("no images", folder.Path("x.parquet"));
    }

    [Fact]
    public async Task What_is_no_set_of_images_is_refused()
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), null, new ParquetTable().Required("a", 1).Texts("text", "b"));
        AssertFails("no column of images", folder.Path("x.parquet"));
        await Write(folder.Path("y.parquet"), "image", Names, [(0, 0), (1, 1)]);
        var valid = await File.ReadAllBytesAsync(folder.Path("y.parquet"), TestContext.Current.CancellationToken);
        AssertFails("y.parquet", folder.Write("y.parquet", valid[..^20]));
        var random = new Random(3);
        var refused = 0;
        for (var i = 0; i < 500; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                bytes[random.Next(4, bytes.Length - 4)] = (byte)random.Next(256);
            }

            try
            {
                TestData.Check(folder.Write("y.parquet", bytes));
            }
            catch (DiffusionException e) when (e.Kind == ErrorKind.Data && e.Message.Contains("y.parquet", StringComparison.Ordinal))
            {
                refused++;
            }
        }

        Assert.InRange(refused, 50, 500);
    }

    /// <summary>A file as Hugging Face's datasets writes, in two row groups where there is enough for two.</summary>
    private static Task Write(string path, string column, string? metadata, (int Colour, long? Label)[] rows) => ParquetTable.Save(
        path,
        metadata,
        [.. rows.Chunk(Math.Max(1, rows.Length / 2)).Select(some => new ParquetTable()
            .Pictures(column, [.. some.Select(r => Fixtures.Flat(5, 4, Colours[r.Colour]))])
            .Values("label", [.. some.Select(r => r.Label)]))]);

    private static ImageBatchSource Open(string path) => TestData.Open(path, new DataOptions().WithSize(4));

    private static void AssertFails(string reason, string path)
    {
        var e = Assert.Throws<DiffusionException>(() => TestData.Check(path));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}
