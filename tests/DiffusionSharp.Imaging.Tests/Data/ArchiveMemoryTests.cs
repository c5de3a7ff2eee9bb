using System.IO.Compression;
using DiffusionSharp.Imaging.Data;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Data;

/// <summary>What the process allocates can be told only while no other test runs.</summary>
[Collection(nameof(Alone))]
public class ArchiveMemoryTests
{
    [Fact]
    public void AHugeEntryIsABadFileAndNotMemory()
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
        var report = DataCheck.Run(path, cancellation: TestContext.Current.CancellationToken);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
        Assert.Contains("limit", Assert.Single(report.Bad).Reason, StringComparison.Ordinal);
        Assert.Equal(1, report.Images);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
