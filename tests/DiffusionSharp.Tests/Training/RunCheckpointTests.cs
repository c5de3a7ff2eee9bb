using DiffusionSharp.Models;
using DiffusionSharp.Tests.Storage;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;
using TestKit.Files;

namespace DiffusionSharp.Tests.Training;

/// <summary>Every checkpoint of a run is a model, and so is every set of weights in it.</summary>
public sealed class RunCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new(inMemory: true);
    private readonly RunFolder run;

    public RunCheckpointTests() => run = SmallRun.Write(folder["run"], 10, 20);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", false, 20, "ema-0.9.safetensors")]
    [InlineData("", true, 20, "unet.safetensors")]
    [InlineData("checkpoints/000000000010", false, 10, "ema-0.9.safetensors")]
    [InlineData("checkpoints/000000000010/", true, 10, "unet.safetensors")]
    [InlineData("checkpoints/000000000010/ema-0.99.safetensors", false, 10, "ema-0.99.safetensors")]
    [InlineData("checkpoints/000000000010/unet.safetensors", false, 10, "unet.safetensors")]
    [InlineData("checkpoints/000000000020/unet.safetensors", true, 20, "unet.safetensors")]
    public void Each_opens_with_its_own_weights(string path, bool raw, long images, string part)
    {
        var source = ModelSource.Open(Path.Combine(run.Root, path), raw);
        Assert.Equal((run.Root, run.Checkpoint(images)), (source.OfRun!.Run.Root, source.OfRun.Folder));
        Assert.Empty(source.Notes);
        Assert.Equal("small", source.Data);
        using var weights = source.OpenWeights();
        var expected = SmallRun.Weights(images, part);
        Assert.All(weights.ReadAll(), w => Assert.Equal(expected[w.Key].Data, w.Value.Data));
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
        File.Delete(Path.Combine(run.Checkpoint(10), Checkpoint.Ema(0.9)));
        var source = ModelSource.Open(run.Checkpoint(10));
        Assert.EndsWith(Checkpoint.Weights, source.WeightsPath);
        Assert.Contains("has no ema-0.9.safetensors", Assert.Single(source.Notes), StringComparison.Ordinal);
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

    [Theory]
    [InlineData("optimizer.safetensors", false, "holds no weights of a network")]
    [InlineData("state.json", false, "holds no weights of a network")]
    [InlineData("ema-0.99.safetensors", true, "leave --raw out")]
    public void What_cannot_be_meant_is_said(string part, bool raw, string words)
    {
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(Path.Combine(run.Checkpoint(10), part), raw));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Throws<DiffusionException>(() => ModelSource.Open(run.Checkpoint(10), facts: new CheckpointFacts { Clip = true }));
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
