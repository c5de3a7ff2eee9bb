using DiffusionSharp.Imaging.Data;
using SkiaSharp;
using TestKit;
using TestKit.Files;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>Labels of every type; those that make no classes never keep images from being read.</summary>
public class ParquetLabelTests
{
    private const string Names = """{"info": {"features": {"label": {"names": ["cat", "dog", "eel"], "_type": "ClassLabel"}}}}""";

    public static TheoryData<string> Integers => [.. OfType.Keys];

    [Theory]
    [MemberData(nameof(Integers))]
    public async Task Every_integer_type_numbers_classes(string type)
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), null, OfType[type](Table(3)));
        using var source = Open(folder.Path("x.parquet"));
        Assert.Equal(["0", "1", "2"], source.ClassNames);
        Assert.Equal([2, 0, 2], Labels(source));
        Assert.Null(source.LabelProblem);
    }

    [Fact]
    public async Task Texts_are_names_of_classes()
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), null, Table(2).Texts("label", "dog", null), Table(3).Texts("label", "cat", "", "dog"));
        using var source = Open(folder.Path("x.parquet"));
        Assert.Equal(["cat", "dog"], source.ClassNames);
        Assert.Equal([1, -1, 0, -1, 1], Labels(source));
        Assert.True(source.SomeUnlabelled);
        var report = TestData.Check(folder.Path("x.parquet"));
        Assert.Equal((2L, 2L), (report.Classes["dog"], report.Unlabelled));
    }

    [Fact]
    public async Task Null_and_minus_one_are_images_without_a_label()
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), Names, Table(3).Values<long>("label", null, 2, -1));
        using var some = Open(folder.Path("x.parquet"));
        Assert.Equal(["cat", "dog", "eel"], some.ClassNames);
        Assert.Equal([-1, 2, -1], Labels(some));

        // Hugging Face's test sets have no label at all.
        await ParquetTable.Save(folder.Path("y.parquet"), Names, Table(2).Required<sbyte>("label", -1, -1));
        using var none = Open(folder.Path("y.parquet"));
        Assert.Empty(none.ClassNames);
        Assert.False(none.SomeUnlabelled);
        Assert.Null(none.LabelProblem);
        Assert.DoesNotContain("labels", none.Fingerprint, StringComparison.Ordinal);

        // One shard may have no column of labels.
        await ParquetTable.Save(folder.Path("z0.parquet"), null, Table(1).Required("label", 0));
        await ParquetTable.Save(folder.Path("z1.parquet"), null, Table(1));
        File.Delete(folder.Path("x.parquet"));
        File.Delete(folder.Path("y.parquet"));
        using var shards = Open(folder.Root);
        Assert.Equal([0, -1], Labels(shards));
    }

    public static TheoryData<string> Others => [.. Unusable.Keys];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task What_makes_no_classes_keeps_nobody_from_the_images(string problem)
    {
        using var folder = new TempFolder();
        await ParquetTable.Save(folder.Path("x.parquet"), Names, Unusable[problem](Table(2)));
        using var source = Open(folder.Path("x.parquet"));
        Assert.Equal(2, source.ImagesPerEpoch);
        Assert.Empty(source.BadFiles);
        Assert.Empty(source.ClassNames);
        Assert.Equal([0, 0], Labels(source));
        Assert.Contains(problem, source.LabelProblem, StringComparison.Ordinal);
        Assert.All(["Int", "Double", "Memory", "String", "System"], type => Assert.DoesNotContain(type, source.LabelProblem!, StringComparison.Ordinal));
        Assert.Equal(source.LabelProblem, TestData.Check(folder.Path("x.parquet")).LabelProblem);
    }

    public static TheoryData<string, int, string[], int[]> Cases => new()
    {
        { "labels_stop_unconditional/parquet-minus1", 6, [], [0, 0, 0, 0, 0, 0] },
        { "labels_stop_unconditional/parquet-null", 6, ["cat", "dog"], [0, -1, 0, 1, 0, 1] },
        { "labels_stop_unconditional/parquet-strings", 6, ["cat", "dog"], [0, 1, 0, 1, 0, 1] },
        { "labels_stop_unconditional/dj", 4, [], [0, 0, 0, 0] },
        { "parquet_small_int_labels/i8.parquet", 40, ["0", "1", "2"], [0, 1, 2, 0] },
        { "parquet_string_label/te_v1_zstd.parquet", 40, ["cat", "dog"], [0, 1, 0, 1] },
    };

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Cases_of_version_0_1(string path, int images, string[] names, int[] first)
    {
        using var source = Open(Shared.Path("cases", path));
        Assert.Equal(images, source.ImagesPerEpoch);
        Assert.Equal(names, source.ClassNames);
        Assert.Equal(first, Labels(source)[..first.Length]);
    }

    private static readonly Dictionary<string, Func<ParquetTable, ParquetTable>> OfType = new()
    {
        ["int8"] = t => t.Required<sbyte>("label", 2, 0, 2),
        ["uint8"] = t => t.Required<byte>("label", 2, 0, 2),
        ["int16"] = t => t.Required<short>("label", 2, 0, 2),
        ["uint16"] = t => t.Required<ushort>("label", 2, 0, 2),
        ["int32"] = t => t.Values<int>("labels", 2, 0, 2),
        ["uint32"] = t => t.Values<uint>("label", 2, 0, 2),
        ["int64"] = t => t.Required<long>("fine_label", 2, 0, 2),
        ["uint64"] = t => t.Required<ulong>("label", 2, 0, 2),
    };

    private static readonly Dictionary<string, Func<ParquetTable, ParquetTable>> Unusable = new()
    {
        ["label holds fractions; classes are whole numbers or names"] = t => t.Required("label", 0.5, 1),
        ["label holds true and false"] = t => t.Required("label", true, false),
        ["label 7 is found, and names of 3 classes"] = t => t.Required("label", 7, 0),
        ["label -2 is found"] = t => t.Required("label", -2, 0),
        ["label 9223372036854775807 is found"] = t => t.Required("label", ulong.MaxValue, 0UL),
        ["a label of 201 characters"] = t => t.Texts("label", "cat", new string('x', 201)),
    };

    private static ParquetTable Table(int pictures) => new ParquetTable().Bytes("image", [.. Enumerable.Repeat(Fixtures.Flat(4, 4, SKColors.Red), pictures)]);

    private static ImageBatchSource Open(string path) => TestData.Open(path, new DataOptions().WithSize(4));

    private static int[] Labels(ImageBatchSource source) => [.. Enumerable.Range(0, (int)source.ImagesPerEpoch).Select(i => source.ReadStored(i, new byte[48]))];
}
