using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Tests.Training.Runs;

public class RunFolderTests
{
    [Fact]
    public void Latest_advances_and_the_oldest_go()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path);
        Assert.Null(run.Latest());
        foreach (var images in (long[])[0, 10, 20, 30])
        {
            Write(run, images);
            run.Advance(images, keep: 2);
            Assert.Equal(run.Checkpoint(images), run.Latest());
        }

        Assert.Equal([run.Checkpoint(20), run.Checkpoint(30)], Checkpoints(folder));
    }

    [Fact]
    public void Set_back_to_an_older_checkpoint_the_ones_ahead_go_first()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path);
        foreach (var images in (long[])[10, 20, 30, 15])
        {
            Write(run, images);
        }

        run.Advance(15, keep: 2);
        Assert.Equal([run.Checkpoint(10), run.Checkpoint(15)], Checkpoints(folder));
    }

    [Theory]
    [InlineData("000000000099")]
    [InlineData("../../etc")]
    [InlineData("")]
    public void A_latest_that_names_nothing_is_an_error_that_lists_what_there_is(string name)
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path);
        Write(run, 10);
        File.WriteAllText(folder["latest"], name);
        var e = Assert.Throws<DiffusionException>(() => run.Latest());
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("000000000010", e.Message);
    }

    [Fact]
    public void A_checkpoint_comes_back_and_an_existing_one_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path);
        Write(run, 10);
        Assert.Equal(new TrainingState { Step = 1, Images = 10, LossSum = 0.1 + 0.2 }, Checkpoint.ReadState(run.Checkpoint(10)));
        Assert.Equal(ErrorKind.Storage, Assert.Throws<DiffusionException>(() => Write(run, 10)).Kind);
        Assert.Single(Checkpoints(folder));
    }

    [Fact]
    public void A_checkpoint_without_its_manifest_is_incomplete()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path);
        Write(run, 10);
        File.Delete(Path.Combine(run.Checkpoint(10), "manifest.json"));
        Assert.Contains("incomplete", Assert.Throws<DiffusionException>(() => Checkpoint.ReadState(run.Checkpoint(10))).Message);
    }

    private static void Write(RunFolder run, long images) => Checkpoint.Write(
        run.Checkpoint(images),
        new TrainingState { Step = 1, Images = images, LossSum = 0.1 + 0.2 },
        new Dictionary<string, IReadOnlyDictionary<string, HostTensor>> { [Checkpoint.Weights] = new Dictionary<string, HostTensor> { ["w"] = new([1], [1]) } });

    private static IEnumerable<string> Checkpoints(TemporaryFolder folder) => Directory.GetFileSystemEntries(folder["checkpoints"]).Order();
}
