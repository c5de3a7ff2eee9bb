using DiffusionSharp.Imaging.Data;
using SkiaSharp;
using TestKit;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>What is read, what is hidden, and what is passed over and said: one rule for folders, zip and tar.</summary>
public class PassedOverTests
{
    private static readonly byte[] Png = Fixtures.Flat(4, 4, SKColors.Red);

    [Theory]
    [InlineData("folder")]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public void One_rule_for_folder_zip_and_tar(string kind)
    {
        using var folder = new TempFolder();
        foreach (var name in new[] { "cat/a.png", "cat/.ipynb_checkpoints/a-checkpoint.png", "cat/.b.png", ".git/c.png", "__MACOSX/cat/a.png", "dog/noending", "dog/.noending", "dog/x.tiff", "dog/.x.tiff" })
        {
            folder.Write("in/" + name, Png);
        }

        var jpeg = Fixtures.Flat(4, 4, SKColors.Red, SKEncodedImageFormat.Jpeg);
        foreach (var ending in new[] { "jfif", "JPE", "Jif" })
        {
            folder.Write($"in/dog/b.{ending}", jpeg);
        }

        foreach (var name in new[] { "1.TIF", "2.tif", "3.tif", "t.avif", "t.heic", "t.ppm", "t.jxl", "more.zip", "more.tar.gz", "LICENSE", "notes.txt", "labels.csv.gz" })
        {
            folder.Write("in/dog/" + name, [1, 2, 3]);
        }

        var report = TestData.Check(Pack(folder, kind));
        Assert.Empty(report.Bad);
        Assert.Equal((4L, 3L, 1L), (report.Images, report.Formats["JPEG"], report.Formats["PNG"]));
        Assert.Equal(["cat", "dog"], report.Classes.Keys);
        Assert.Equal(
            ["AVIF: 1", "HEIC: 1", "JPEG XL: 1", "Netpbm: 1", "PNG without an ending: 1", "TIFF: 4", "archive: 2"],
            report.Skipped.Select(s => $"{s.Kind}: {s.Count}"));
        Assert.EndsWith(", …)", report.Skipped.Single(s => s.Kind == "TIFF").ToString(), StringComparison.Ordinal);
        Assert.Equal("PNG without an ending: 1 (dog/noending)", report.Skipped.Single(s => s.Names.Contains("dog/noending")).ToString());

        using var source = TestData.Open(folder.Path("in"), new DataOptions().WithSize(4));
        Assert.Equal(report.Skipped.Select(s => s.Count), source.Skipped.Select(s => s.Count));
    }

    [Fact]
    public void Where_nothing_is_read_it_is_said_what_was_passed_over()
    {
        using var folder = new TempFolder();
        folder.Write("in/a.tif", [1]);
        folder.Write("in/b.zip", [1]);
        var e = Assert.Throws<DiffusionException>(() => TestData.Open(folder.Path("in"), new DataOptions().WithSize(4)));
        Assert.Contains(".jfif", e.Message, StringComparison.Ordinal);
        Assert.Contains("Passed over: TIFF: 1 (a.tif), archive: 1 (b.zip)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_of_another_kind_under_a_readable_name_says_which_it_is()
    {
        using var folder = new TempFolder();
        folder.Write("a.png", [.. "II*\0"u8, .. new byte[20]]);
        Assert.Contains("the format is TIFF", Assert.Single(TestData.Check(folder.Root).Bad).Reason, StringComparison.Ordinal);
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("hidden_folder_in_archive/ds", 1, "")]
    [InlineData("hidden_folder_in_archive/ds.zip", 1, "")]
    [InlineData("hidden_folder_in_archive/ds.tar", 1, "")]
    [InlineData("image_files_skipped_silently/ds", 3, "AVIF: 1 (t.avif), HEIC: 1 (t.heic), Netpbm: 1 (t.ppm), TIFF: 1 (t.tif)")]
    [InlineData("folder_jfif", 11, "Netpbm: 1 (l.ppm), PNG without an ending: 1 (noext), TIFF: 2 (g.tif, h.tiff)")]
    public void The_cases_of_the_house(string path, int images, string skipped)
    {
        var report = TestData.Check(Shared.Path("cases", path));
        Assert.Equal((images, 0, skipped), (report.Images, report.Bad.Count, string.Join(", ", report.Skipped)));
    }

    private static string Pack(TempFolder folder, string kind)
    {
        if (kind == "folder")
        {
            return folder.Path("in");
        }

        Archive.Pack(kind, folder.Path("in"), folder.Path("x"));
        return folder.Path("x");
    }
}
