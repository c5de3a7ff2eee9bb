using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Runs;
using TestKit.Files;

namespace DiffusionSharp.Tests.Training.Runs;

/// <summary>Every checkpoint of a run is a model, and so is every set of weights in it.</summary>
public sealed class RunCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new(inMemory: true);
    private readonly RunFolder run;

    public RunCheckpointTests() => run = SmallRun.Write(folder["run"], 10, 20);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_opens_with_its_own_weights()
    {
        (string Path, bool Raw, long Images, string Part)[] cases =
        [
            ("", false, 20, "ema-0.9.safetensors"),
            ("", true, 20, "unet.safetensors"),
            ("checkpoints/000000000010", false, 10, "ema-0.9.safetensors"),
            ("checkpoints/000000000010/", true, 10, "unet.safetensors"),
            ("checkpoints/000000000010/ema-0.99.safetensors", false, 10, "ema-0.99.safetensors"),
            ("checkpoints/000000000010/unet.safetensors", false, 10, "unet.safetensors"),
            ("checkpoints/000000000020/unet.safetensors", true, 20, "unet.safetensors"),
        ];
        Assert.All(cases, c =>
        {
            var source = ModelSource.Open(Path.Combine(run.Root, c.Path), c.Raw);
            Assert.Equal((run.Root, run.Checkpoint(c.Images)), (source.OfRun!.Run.Root, source.OfRun.Folder));
            Assert.Empty(source.Notes);
            Assert.Equal("small", source.Data);
            using var weights = source.OpenWeights();
            var expected = SmallRun.Weights(c.Images, c.Part);
            Assert.All(weights.ReadAll(), w => Assert.Equal(expected[w.Key].Data, w.Value.Data));
        });
    }

    [Fact]
    public void Their_hashes_are_compared_and_their_tuned_timesteps_are_their_own()
    {
        var old = run.Checkpoint(10);
        Assert.Equal(Path.Combine(old, TunedTimestepsJson.FileName), ModelSource.Open(old).TunedTimestepsPath);
        Assert.Equal(run.TunedTimesteps, ModelSource.Open(run.Root).TunedTimestepsPath);
        var file = Path.Combine(old, Checkpoint.Ema(0.99));
        using (var stream = File.OpenWrite(file))
        {
            stream.Seek(-1, SeekOrigin.End);
            stream.WriteByte(77);
        }

        Assert.Contains("is damaged", Assert.Throws<DiffusionException>(() => ModelSource.Open(file).OpenWeights()).Message, StringComparison.Ordinal);
        ModelSource.Open(old).OpenWeights().Dispose();
    }

    [Fact]
    public void An_average_that_the_checkpoint_does_not_have_is_not_left_out_silently()
    {
        var config = RunConfig.Read(run.Config);
        (config with { Training = config.Training with { EmaDecays = [0.5, 0.9] } }).Write(run.Config);
        var source = ModelSource.Open(run.Checkpoint(10));
        Assert.EndsWith(Checkpoint.Weights, source.WeightsPath);
        Assert.Contains("has no ema-0.5.safetensors", Assert.Single(source.Notes), StringComparison.Ordinal);

        // One that was lost is not one that never was.
        config.Write(run.Config);
        File.Delete(Path.Combine(run.Checkpoint(10), Checkpoint.Ema(0.9)));
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(run.Checkpoint(10)).OpenWeights());
        Assert.Contains("is incomplete", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_opens_where_the_run_is_around_it_and_else_says_what_is_missing()
    {
        foreach (var copy in (string[])[folder["run/best"], folder["alone/best"]])
        {
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.GetFiles(run.Checkpoint(10)))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }
        }

        ModelSource.Open(folder["run/best"]).OpenWeights().Dispose();
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(folder["alone/best"]));
        Assert.Contains("without the run's config.json", e.Message, StringComparison.Ordinal);
        File.Copy(run.Config, folder["alone/config.json"]);
        ModelSource.Open(folder["alone/best"]).OpenWeights().Dispose();
    }

    [Fact]
    public void What_cannot_be_meant_is_said()
    {
        Refused("optimizer.safetensors", false, "holds no weights of a network");
        Refused("state.json", false, "holds no weights of a network");
        Refused("ema-0.99.safetensors", true, "do not ask for the weights themselves (raw)");
        Assert.Throws<DiffusionException>(() => ModelSource.Open(run.Checkpoint(10), facts: new CheckpointFacts { Clip = true }));

        void Refused(string part, bool raw, string words)
        {
            var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(Path.Combine(run.Checkpoint(10), part), raw));
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Other_folders_and_files_have_no_part_in_a_run()
    {
        File.WriteAllText(folder["manifest.json"], "{}");
        Assert.Null(RunCheckpoint.Find(folder.Path));
        Assert.Null(RunCheckpoint.Find(folder["manifest.json"]));
        Assert.Null(RunCheckpoint.Find(folder["none"]));
        Assert.Null(RunCheckpoint.Find(Path.Combine(run.Checkpoint(10), "none")));
    }
}
