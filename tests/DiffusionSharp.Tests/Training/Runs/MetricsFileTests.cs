using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Tests.Training.Runs;

public class MetricsFileTests
{
    [Fact]
    public void Lines_after_the_kept_length_are_cut_off()
    {
        using var folder = new TemporaryFolder();
        var path = folder["metrics.jsonl"];
        long kept;
        using (var file = new MetricsFile(path, 0))
        {
            file.Write("train", 8, ("loss", 0.1), ("gradNorm", double.NaN));
            kept = file.Flush();
            file.Write("train", 16, ("loss", 0.2));
        }

        using (var file = new MetricsFile(path, kept))
        {
            file.Write("validation", 24, ("loss", 1e-300));
            Assert.Equal(new FileInfo(path).Length, file.Flush());
        }

        Assert.Equal(["{\"kind\":\"train\",\"images\":8,\"loss\":0.1,\"gradNorm\":null}", "{\"kind\":\"validation\",\"images\":24,\"loss\":1E-300}"], File.ReadAllLines(path));
    }

    [Fact]
    public void Changes_that_were_accepted_stay()
    {
        using var folder = new TemporaryFolder();
        var path = folder["metrics.jsonl"];
        long kept;
        using (var file = new MetricsFile(path, 0))
        {
            file.Write("train", 8, ("loss", 0.1));
            kept = file.Flush();
            file.WriteChanges(8, ["training.engine: torch → cpu", "training.batchSize: 4 → 6"]);
            file.Write("train", 16, ("loss", 0.2));
        }

        File.AppendAllText(path, "{\"kind\":\"change\",\"ima");
        using (var file = new MetricsFile(path, kept))
        {
            file.Write("train", 16, ("loss", 0.3));
        }

        Assert.Equal(
            [
                "{\"kind\":\"train\",\"images\":8,\"loss\":0.1}",
                "{\"kind\":\"change\",\"images\":8,\"changes\":[\"training.engine: torch → cpu\",\"training.batchSize: 4 → 6\"]}",
                "{\"kind\":\"train\",\"images\":16,\"loss\":0.3}",
            ],
            File.ReadAllLines(path));
    }

    [Fact]
    public void A_storage_that_refuses_is_named()
    {
        using var folder = new TemporaryFolder();
        var e = Assert.Throws<DiffusionException>(() => new MetricsFile(folder.Path, 0));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains(folder.Path, e.Message);
    }
}
