using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;
using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public sealed class StatisticsFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("statistics-").FullName;

    private string File => Path.Combine(folder, "s.npz");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_to_the_bit()
    {
        var written = FeatureStatistics.Of(Features.NormalMatrix(9, 5, 2));
        StatisticsFile.Write(File, written);
        var read = StatisticsFile.Read(File);
        Assert.True(written.Mean.SequenceEqual(read.Mean) && written.Covariance.SequenceEqual(read.Covariance));
        Assert.Null(read.Count);
        using var file = NpzFile.Open(File);
        Assert.Equal(["mu", "sigma"], file.Names);
    }

    // As guided-diffusion's reference batches: pictures, and statistics of spatial features besides.
    [Fact]
    public void A_reference_batch_is_read_for_its_mu_and_sigma_alone()
    {
        NpzFile.Write(
            File,
            [
                new("arr_0", NpyArray.Create<byte>([1, 2, 2, 3], new byte[12])),
                new("mu", NpyArray.Create<float>([2], [1, 2])),
                new("sigma", NpyArray.Create<float>([2, 2], [3, 1, 1.0000001f, 4])),
                new("mu_s", NpyArray.Create<double>([3], new double[3])),
                new("sigma_s", NpyArray.Create<double>([3, 3], new double[9])),
            ]);
        var read = StatisticsFile.Read(File);
        Assert.Equal([1, 2], read.Mean.ToArray());
        Assert.Equal(7, read.Trace);
        Assert.Equal(read.Covariance[1], read.Covariance[2]);
    }

    [Fact]
    public void Other_files_are_refused()
    {
        NpzFile.Write(File, [new("arr_0", NpyArray.Create<double>([1], [1]))]);
        Refusal.Says(ErrorKind.Data, "found the arrays arr_0, expected 'mu' and 'sigma'", () => StatisticsFile.Read(File));
        NpzFile.Write(File, [new("mu", NpyArray.Create<double>([2], [1, 2])), new("sigma", NpyArray.Create<double>([2, 1], [1, 2]))]);
        Refusal.Says(ErrorKind.Data, "found mu [2] and sigma [2, 1], expected [D] and [D, D]", () => StatisticsFile.Read(File));
        NpzFile.Write(File, [new("mu", NpyArray.Create<double>([1], [double.NaN])), new("sigma", NpyArray.Create<double>([1, 1], [1]))]);
        Refusal.Says(ErrorKind.NonFinite, File, () => StatisticsFile.Read(File));
        Refusal.Says(ErrorKind.Data, "none.npz", () => StatisticsFile.Read(Path.Combine(folder, "none.npz")));
    }
}
