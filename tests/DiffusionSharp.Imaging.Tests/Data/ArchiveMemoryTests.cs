using System.IO.Compression;
using DiffusionSharp.Imaging.Data;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>What the process allocates can be told only while no other test runs.</summary>
[Collection(nameof(Alone))]
public class ArchiveMemoryTests
{
    [Fact]
    public void A_huge_entry_is_a_bad_file_and_not_memory()
    {
        using var folder = new TempFolder();
        var path = folder.Path("bomb.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using (var good = zip.CreateEntry("x/good.png").Open())
            {
                good.Write(Fixtures.Flat(4, 4, SKColors.Red));
            }

            using var stream = zip.CreateEntry("x/bomb.png", CompressionLevel.Fastest).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 65; i++)
            {
                stream.Write(zeros);
            }
        }

        var before = GC.GetTotalAllocatedBytes();
        var report = DataCheck.Run(path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
        Assert.Contains("limit", Assert.Single(report.Bad).Reason, StringComparison.Ordinal);
        Assert.Equal(1, report.Images);
    }

    [Theory]
    [InlineData("zip", 0)]
    [InlineData("tar", 0)]
    [InlineData("tar.gz", 0)]
    [InlineData("folder", 0)]
    [InlineData("zip", 8)]
    public void Of_zeros_only_the_first_bytes_are_read(string kind, int pictures)
    {
        // The first of them begin as pictures do.
        using var folder = new TempFolder();
        byte[] begin = [.. Fixtures.Flat(4, 4, SKColors.Red).AsSpan(0, 33)];
        for (var i = 0; i < 16; i++)
        {
            folder.Write($"in/x/{i:D2}.png", [.. i < pictures ? begin : [], .. new byte[3 << 20]]);
        }

        var path = folder.Path(kind == "folder" ? "in" : "x");
        if (kind != "folder")
        {
            Archive.Pack(kind, folder.Path("in"), path);
        }

        TestData.Check(path);
        var before = GC.GetTotalAllocatedBytes();
        var report = TestData.Check(path);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, (2 << 20) + (pictures * (3L << 20) * 5 / 4));
        Assert.Equal((0L, 16), (report.Images, report.Bad.Count));
        Assert.Equal(16 - pictures, report.Bad.Count(b => b.Reason.StartsWith("not an image", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_row_group_of_zeros_is_refused_before_it_is_read()
    {
        using var folder = new TempFolder();
        var schema = new ParquetSchema(new DataField<byte[]>("image"));
        await using (var file = File.Create(folder.Path("x.parquet")))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file, new ParquetOptions { CompressionMethod = CompressionMethod.Zstd }, cancellationToken: TestContext.Current.CancellationToken);
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], Enumerable.Repeat(new byte[22 << 20], 3).ToArray());
        }

        Assert.InRange(new FileInfo(folder.Path("x.parquet")).Length, 0, 100_000);
        var before = GC.GetTotalAllocatedBytes();
        var e = Assert.Throws<DiffusionException>(() => TestData.Check(folder.Path("x.parquet")));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 2 << 20);
        Assert.Contains("write smaller row groups", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Running_out_of_memory_is_an_error_of_the_data()
    {
        var e = Assert.Throws<DiffusionException>(() => DataMemory.Guarded<int>("x.zip", () => throw new InsufficientMemoryException()));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.StartsWith("x.zip: memory ran out", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, DataMemory.CacheLimit(5));
        Assert.InRange(DataMemory.CacheLimit(long.MaxValue), 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
