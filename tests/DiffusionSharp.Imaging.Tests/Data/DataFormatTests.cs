using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;
using SkiaSharp;
using TestKit;
using TestKit.Files;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Every format has a row, a sample that it alone is recognised by, and a line in the documents.</summary>
public class DataFormatTests
{
    // Two images each.
    private static readonly Dictionary<string, Func<TempFolder, string>> Samples = new()
    {
        [ShapesSource.Name] = _ => ShapesSource.Name,
        ["folder with dataset.json"] = f => Images(f, labelled: true),
        ["folder"] = f => Images(f),
        ["zip with dataset.json"] = f => Packed(f, "zip", labelled: true),
        ["npz"] = f =>
        {
            NpzFile.Write(f.Path("x"), KeyValuePair.Create("arr_0", NpyArray.Create<byte>([2, 4, 4, 3], new byte[96])));
            return f.Path("x");
        },
        ["zip"] = f => Packed(f, "zip"),
        ["tar"] = f => Packed(f, "tar"),
        ["tar.gz"] = f => Packed(f, "tar.gz"),
        ["LMDB"] = f => f.Write("data.mdb", LmdbImagesTests.Database()),
        ["IDX"] = f => f.Write("train-images-idx3-ubyte", [0, 0, 8, 3, .. Fixtures.BigEndian(2), .. Fixtures.BigEndian(4), .. Fixtures.BigEndian(4), .. new byte[32]]),
        ["CIFAR-10"] = f => f.Write("data_batch_1.bin", new byte[2 * 3073]),
        ["CIFAR (Python)"] = f => f.Write("data_batch_1", CifarPythonTests.Batch([0, 1], 2)),
        ["STL-10"] = f => f.Write("train_X.bin", new byte[2 * 27648]),
        ["parquet"] = f =>
        {
            var image = Fixtures.Flat(4, 4, SKColors.Red);
            ParquetTable.Save(f.Path("x.parquet"), null, new ParquetTable().Bytes("image", image, image)).GetAwaiter().GetResult();
            return f.Path("x.parquet");
        },
    };

    public static TheoryData<string> Names => [.. DataFormat.All.Select(f => f.Name)];

    public static TheoryData<string> FoldersOrFiles => [.. DataFormat.All.Where(f => f is { InFolder: not null, IsFile: not null }).Select(f => f.Name)];

    [Fact]
    public void Every_format_has_a_sample() => Assert.Equal(DataFormat.All.Select(f => f.Name).Order(), Samples.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_is_recognised_and_opened(string name)
    {
        using var folder = new TempFolder();
        var path = Samples[name](folder);
        Assert.Equal(name, DataLocation.Recognise(path).Format.Name);
        var report = TestData.Check(path);
        Assert.Equal(name, report.Kind);
        Assert.InRange(report.Images, 2, long.MaxValue);
        Assert.Empty(report.Bad);
        var source = DataSets.Open(path, DataSets.NeedsSize(path) ? new DataOptions().WithSize(4) : null, cancellationToken: TestContext.Current.CancellationToken);
        using var disposed = source;
        Assert.Equal(report.Images, source.ImagesPerEpoch);
        Assert.StartsWith(name, source.Fingerprint, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FoldersOrFiles))]
    public void A_folder_of_a_formats_files_is_of_that_format(string name)
    {
        using var folder = new TempFolder();
        var path = Samples[name](folder);
        Assert.Equal(name, DataLocation.Recognise(folder.Root).Format.Name);
        Assert.Equal([path], DataLocation.Recognise(folder.Root).Files);
    }

    // As many bytes as whole records of CIFAR-10, whose batches have no other mark.
    [Fact]
    public void A_name_of_STL10_goes_before_a_size_of_cifars()
    {
        using var folder = new TempFolder();
        using (var file = File.Create(folder.Path("train_X.bin")))
        {
            file.SetLength(3073 * 27648);
        }

        Assert.Equal("STL-10", DataLocation.Recognise(folder.Path("train_X.bin")).Format.Name);
    }

    [Fact]
    public void A_format_is_opened_in_one_way() => Assert.All(DataFormat.All, f => Assert.Equal(f == DataFormat.Shapes, f is { Encoded: null, Packed: null }));

    [Fact]
    public void Names_and_lines_are_in_the_documents()
    {
        var lines = File.ReadAllLines(Path.Combine(Shared.Repository, "docs", "training.md"));
        var rows = lines.SkipWhile(l => !l.StartsWith("| data |", StringComparison.Ordinal)).Skip(2).TakeWhile(l => l.StartsWith('|'))
            .Select(l => l.Replace("`", "", StringComparison.Ordinal).Split(" | ")).ToArray();
        Assert.Equal(DataFormat.All.Select(f => f.Name), rows.Select(r => r[0][2..]));
        Assert.All(DataFormat.All.Zip(rows), p => Assert.StartsWith(p.First.Line, p.Second[1], StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_none_of_them_is_told_all()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<DiffusionException>(() => DataLocation.Recognise(folder.Write("x.bin", [1, 2, 3])));
        Assert.All(DataFormat.All, f => Assert.Contains($" {f.Name}", e.Message, StringComparison.Ordinal));
    }

    private static string Images(TempFolder folder, bool labelled = false)
    {
        folder.Write("in/1.png", Fixtures.Flat(4, 4, SKColors.Red));
        folder.Write("in/2.png", Fixtures.Flat(4, 4, SKColors.Lime));
        if (labelled)
        {
            folder.Write("in/dataset.json", """{"labels": [["1.png", 0], ["2.png", 1]]}"""u8.ToArray());
        }

        return folder.Path("in");
    }

    private static string Packed(TempFolder folder, string kind, bool labelled = false)
    {
        Archive.Pack(kind, Images(folder, labelled), folder.Path("x"));
        return folder.Path("x");
    }
}
