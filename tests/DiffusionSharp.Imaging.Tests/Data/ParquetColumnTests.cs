using DiffusionSharp.Imaging.Data;
using SkiaSharp;
using TestKit;
using TestKit.Files;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Which of several columns the images are taken from.</summary>
public class ParquetColumnTests
{
    private static readonly byte[] Red = Fixtures.Flat(4, 4, SKColors.Red);
    private static readonly byte[] Blue = Fixtures.Flat(4, 4, SKColors.Blue);

    [Fact]
    public async Task The_usual_names_go_first_then_structures_then_the_first()
    {
        using var folder = new TempFolder();
        var path = folder.Path("x.parquet");
        await ParquetTable.Save(path, null, new ParquetTable().Pictures("conditioning_image", Blue).Bytes("img", Blue).Pictures("image", Red));
        AssertTaken("image", ["conditioning_image", "img"], null);
        AssertTaken("img", ["conditioning_image", "image"], "img");
        await ParquetTable.Save(path, null, new ParquetTable().Pictures("mask", Blue).Bytes("img", Red));
        AssertTaken("img", ["mask"], null);
        await ParquetTable.Save(path, null, new ParquetTable().Bytes("hash", [1]).Pictures("photo", Red).Pictures("mask", Blue));
        AssertTaken("photo", ["mask", "hash"], null);
        await ParquetTable.Save(path, null, new ParquetTable().Bytes("jpg", Red));
        AssertTaken("jpg", [], null);

        void AssertTaken(string name, string[] others, string? asked)
        {
            var options = new DataOptions { Column = asked }.WithSize(4);
            using var source = TestData.Open(path, options);
            Assert.Equal((name, others.Length), (source.Column!.Name, source.Column.Others.Count));
            Assert.Equal(others, source.Column.Others);
            Assert.Equal(name, DataCheck.Run(path, options, cancellationToken: TestContext.Current.CancellationToken).Column!.Name);
            var pixels = new byte[48];
            source.ReadStored(0, pixels);
            Assert.Equal(asked is null ? 255 : 0, pixels[0]);
        }
    }

    [Fact]
    public async Task A_column_that_is_not_there_is_refused_with_those_that_are()
    {
        using var folder = new TempFolder();
        var path = folder.Path("x.parquet");
        await ParquetTable.Save(path, null, new ParquetTable().Pictures("image", Red).Pictures("mask", Blue).Texts("text", "a"));
        AssertRefused(path, "no column 'text' of images; those it has are image, mask");
        File.WriteAllBytes(folder.Path("a.png"), Red);
        AssertRefused(folder.Root, "only parquet has columns; this is folder");
        AssertRefused("builtin:shapes", "only parquet has columns");
        Refused("these are images", () => ImageList.Read([folder.Path("a.png")], new ImageShape(3, 4, 4), column: "text", cancellationToken: TestContext.Current.CancellationToken));

        // All shards have it, or none is read.
        Directory.CreateDirectory(folder.Path("set"));
        await ParquetTable.Save(folder.Path("set/0.parquet"), null, new ParquetTable().Pictures("image", Red));
        await ParquetTable.Save(folder.Path("set/1.parquet"), null, new ParquetTable().Pictures("mask", Red));
        Refused("1.parquet: there is no column 'image'", () => TestData.Check(folder.Path("set")));

        static void AssertRefused(string path, string says)
        {
            var options = new DataOptions { Column = "text" }.WithSize(4);
            Refused(says, () => DataSets.Open(path, options, cancellationToken: TestContext.Current.CancellationToken));
            Refused(says, () => DataCheck.Run(path, options, cancellationToken: TestContext.Current.CancellationToken));
        }

        static void Refused(string says, Func<object> read)
        {
            var e = Assert.Throws<DiffusionException>(read);
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(says, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_case_of_version_0_1()
    {
        var report = TestData.Check(Shared.Path("cases", "parquet_two_images"));
        Assert.Equal(("image", "conditioning_image"), (report.Column!.Name, Assert.Single(report.Column.Others)));
        Assert.Equal(KeyValuePair.Create("16×16", 40L), Assert.Single(report.Sizes));
    }
}
