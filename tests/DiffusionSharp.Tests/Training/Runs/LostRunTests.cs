using DiffusionSharp.Models;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Tests.Training.Runs;

/// <summary>Run folders of which a part was lost or damaged.</summary>
public sealed class LostRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new(inMemory: true);

    public void Dispose() => folder.Dispose();

    private string Checkpoints => folder["checkpoints"];

    [Fact]
    public void Without_latest_the_newest_whole_checkpoint_is_taken_and_that_is_said()
    {
        var run = SmallRun.Write(folder.Path, 10, 20, 30);
        Assert.Equal(run.Checkpoint(30), run.Latest(out var note));
        Assert.Null(note);

        File.Delete(folder["latest"]);
        Assert.Equal(run.Checkpoint(30), run.Latest(out note));
        Assert.Contains("latest is missing: the newest whole checkpoint is taken, 000000000030", note, StringComparison.Ordinal);
        Assert.Equal([note!], ModelSource.Open(folder.Path).Notes);

        File.Delete(Path.Combine(run.Checkpoint(30), "state.json"));
        Flip(Path.Combine(run.Checkpoint(20), "optimizer.safetensors"));
        Assert.Equal(run.Checkpoint(10), run.Latest(out note));
        Assert.EndsWith("damaged: 000000000030, 000000000020", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_run_begins_only_where_it_writes_nothing_over()
    {
        var run = SmallRun.Write(folder.Path, 10, 20);
        File.Delete(folder["latest"]);
        Flip(Path.Combine(run.Checkpoint(10), Checkpoint.Weights));
        File.Delete(Path.Combine(run.Checkpoint(20), "manifest.json"));
        Refused("checkpoints (000000000020, 000000000010), none of which is whole");

        Directory.Delete(Checkpoints, recursive: true);
        Assert.Null(run.Latest());
        File.WriteAllText(run.Metrics, "{}\n");
        Refused("no checkpoint to go on from");
        File.Delete(run.Metrics);
        Directory.CreateDirectory(run.Model);
        Refused("no checkpoint to go on from");
        Directory.Delete(run.Model);
        File.Delete(run.Config);
        File.WriteAllText(folder["model_index.json"], "{}");
        Refused("a model");

        void Refused(string what)
        {
            var e = Assert.Throws<DiffusionException>(() => run.Latest());
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(what, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_run_without_its_configuration_is_still_one()
    {
        var run = SmallRun.Write(folder.Path, 10);
        File.Delete(run.Config);
        Assert.True(run.Exists);
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(folder.Path));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("config.json is missing", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "ema-0.9.safetensors")]
    [InlineData(true, "unet.safetensors")]
    public void A_flipped_bit_in_what_is_read_is_found_and_elsewhere_does_not_matter(bool raw, string read)
    {
        var run = SmallRun.Write(folder.Path, 10, 20);
        foreach (var other in Directory.GetFiles(run.Checkpoint(20), "*.safetensors").Where(f => Path.GetFileName(f) != read))
        {
            Flip(other);
        }

        ModelSource.Open(folder.Path, raw).OpenWeights().Dispose();
        Flip(Path.Combine(run.Checkpoint(20), read));
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(folder.Path, raw).OpenWeights());
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains($"{read} is damaged", e.Message, StringComparison.Ordinal);
        Assert.Contains($"may be whole: {run.Checkpoint(10)}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_a_checkpoint_is_written_what_a_killed_session_left_makes_room()
    {
        var run = SmallRun.Write(folder.Path, 10);
        var leftover = Directory.CreateDirectory(Path.Combine(Checkpoints, ".000000000020.0badcafe.tmp")).FullName;
        run.Save(20, keep: 1, checkpoint =>
        {
            Assert.False(Directory.Exists(leftover));
            Assert.True(Checkpoint.IsWhole(run.Checkpoint(10)));
            Directory.CreateDirectory(checkpoint);
        });
        Assert.Equal([run.Checkpoint(20)], Directory.GetDirectories(Checkpoints));
    }

    [Fact]
    public void A_full_disk_names_what_may_be_deleted()
    {
        var run = SmallRun.Write(folder.Path, 10, 20);
        Directory.CreateDirectory(run.Samples);
        File.WriteAllBytes(Path.Combine(run.Samples, "1.png"), new byte[260_000]);
        var full = Assert.Throws<DiffusionException>(() => run.Guarded(int () => throw new DiffusionException(ErrorKind.Storage, "the disk is full", new IOException("", 28))));
        Assert.Contains($"these may be deleted: {run.Checkpoint(10)} (", full.Message, StringComparison.Ordinal);
        Assert.Contains($"{run.Samples} (0.3 MB). The checkpoint 000000000020 is needed", full.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Checkpoint(20), full.Message, StringComparison.Ordinal);

        var other = new DiffusionException(ErrorKind.Storage, "no permission");
        Assert.Same(other, Assert.Throws<DiffusionException>(() => run.Guarded(int () => throw other)));
    }

    private static void Flip(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[^2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
