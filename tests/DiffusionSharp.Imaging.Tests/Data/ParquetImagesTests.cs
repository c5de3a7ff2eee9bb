using DiffusionSharp.Imaging.Data;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

public class ParquetImagesTests
{
    private const string Names = """{"info": {"features": {"img": {"_type": "Image"}, "label": {"names": ["cat", "dog", "eel"], "_type": "ClassLabel"}}}}""";
    private static readonly SKColor[] Colours = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    [Fact]
    public async Task ShardsAreReadInOrderWithTheNamesOfTheirClasses()
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
    public async Task ClassesWithoutNamesAreNumbers()
    {
        using var folder = new TempFolder();
        await Write(folder.Path("x.parquet"), "image", null, [(0, 10), (1, 2)]);
        using var source = Open(folder.Path("x.parquet"));
        Assert.Equal(11, source.ClassNames.Count);
        Assert.Equal("10", source.ClassNames[source.ReadStored(0, new byte[48])]);

        // -1 is Hugging Face's mark of test sets without labels.
        await Write(folder.Path("y.parquet"), "image", null, [(0, -1), (1, -1)]);
        using var none = Open(folder.Path("y.parquet"));
        Assert.Empty(none.ClassNames);
        Assert.Equal(2, none.ImagesPerEpoch);

        await Write(folder.Path("z.parquet"), "img", Names, [(0, 1), (1, 7), (1, null)]);
        var report = TestData.Check(folder.Path("z.parquet"));
        Assert.Equal(1, report.Images);
        Assert.Equal(["z.parquet/1: its label is 7, 0 to 2 expected", "z.parquet/2: its label is -1, 0 to 2 expected"], report.Bad.Select(b => b.ToString()));
    }

    [Fact]
    public async Task APlainColumnOfBytesIsTakenToo()
    {
        using var folder = new TempFolder();
        var image = new DataField<byte[]>("jpg");
        var schema = new ParquetSchema(image);
        await using (var file = File.Create(folder.Path("x.parquet")))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: TestContext.Current.CancellationToken);
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], [Fixtures.Flat(4, 4, SKColors.Red), [1, 2, 3]]);
        }

        var report = TestData.Check(folder.Path("x.parquet"));
        Assert.Equal((1L, 1), (report.Images, report.Bad.Count));
        Assert.Empty(report.Classes);
    }

    [Fact]
    public async Task AnEmptyRowGroupIsNoImages()
    {
        using var folder = new TempFolder();
        var schema = new ParquetSchema(new DataField<byte[]>("image"), new DataField<int>("label"));
        await using (var file = File.Create(folder.Path("x.parquet")))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: TestContext.Current.CancellationToken);
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], Array.Empty<byte[]>());
            await group.WriteAsync<int>(schema.DataFields[1], Array.Empty<int>().AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        }

        AssertFails("no images", folder.Path("x.parquet"));
    }

    [Fact]
    public async Task WhatIsNoSetOfImagesIsRefused()
    {
        using var folder = new TempFolder();
        var schema = new ParquetSchema(new DataField<int>("a"), new DataField<string>("text"));
        await using (var file = File.Create(folder.Path("x.parquet")))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: TestContext.Current.CancellationToken);
        }

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

    /// <summary>A file as Hugging Face's datasets writes: a structure of bytes and path, and labels.</summary>
    private static async Task Write(string path, string column, string? metadata, (int Colour, long? Label)[] rows)
    {
        var schema = new ParquetSchema(
            new StructField(column, new DataField<byte[]>("bytes"), new DataField<string>("path")), new DataField<long?>("label"));
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: TestContext.Current.CancellationToken);
        if (metadata is not null)
        {
            writer.CustomMetadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["huggingface"] = metadata };
        }

        // Two row groups, where there is enough for two.
        foreach (var some in rows.Chunk(Math.Max(1, rows.Length / 2)))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], some.Select(r => Fixtures.Flat(5, 4, Colours[r.Colour])).ToArray());
            await group.WriteAsync(schema.DataFields[1], some.Select(r => $"{r.Colour}.png").ToArray());
            await group.WriteAsync<long>(schema.DataFields[2], some.Select(r => r.Label).ToArray().AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    private static ImageBatchSource Open(string path) => TestData.Open(path, new DataOptions().WithSize(4));

    private static void AssertFails(string reason, string path)
    {
        var e = Assert.Throws<DiffusionException>(() => TestData.Check(path));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}
