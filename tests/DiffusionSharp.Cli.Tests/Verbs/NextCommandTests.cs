using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>What a command prints at its end: where everything is, and what to type next.</summary>
public sealed class NextCommandTests : IDisposable
{
    private static readonly string[] Tiny = ["--size", "16", "--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2"];
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("runs/a-1.5_b", "runs/a-1.5_b")]
    [InlineData("my run", "'my run'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("", "''")]
    public void A_word_is_quoted_where_a_shell_would_read_it(string word, string quoted) => Assert.Equal(quoted, ShellWord.Quote(word));

    [Fact]
    public void Paths_with_spaces_can_be_copied()
    {
        var run = scratch["my run"];
        Assert.EndsWith($"sample it: ddim sample --model '{run}/model' --out grid.png\n", ddim.Done(["train", "builtin:shapes", "--out", run, .. Tiny, "--steps", "1"]), StringComparison.Ordinal);
        var model = TinyModel.Save(scratch["a model"]);
        Assert.EndsWith($"ddim sample --model '{scratch["an other"]}' --out grid.png\n", ddim.Done("convert", model, scratch["an other"]), StringComparison.Ordinal);
        Assert.Contains($"ddim sample --model '{model}' --timesteps tuned --steps 2", ddim.Done("tune", "--model", model, "--steps", "2", "--reference", "5", "--count", "3"), StringComparison.Ordinal);
        ddim.Done("interpolate", "--model", model, "--steps", "1", "--frames", "2", "--out", scratch["a b.png"]);
        ddim.Fails(ErrorKind.Usage, $"ddim interpolate --from '{scratch["a b.png"]}'", "sample", "--from", scratch["a b.png"]);
    }

    [Fact]
    public void A_finished_run_says_that_nothing_was_done()
    {
        string[] command = ["train", "builtin:shapes", "--out", scratch["run"], .. Tiny, "--steps", "1"];
        Assert.DoesNotContain("nothing was done", ddim.Run(command).Error, StringComparison.Ordinal);
        Assert.Contains("nothing was done: the run was finished at 2 images", ddim.Run(command).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_result_file_is_named()
    {
        var model = TinyModel.Save(scratch["model"]);
        ImageFile.SavePng(scratch["p.png"], new ImageShape(3, 8, 8), new byte[192]);
        var r = scratch["r"];
        Assert.EndsWith(
            $"written: {r}/sheet.png, {r}/table.csv, {r}/table.json\n",
            ddim.Run("reconstruct", scratch["p.png"], "--model", model, "--steps", "1,2", "--out", r).Error,
            StringComparison.Ordinal);
        var (_, table, error) = ddim.Run("sweep", "--model", model, "--steps", "1", "--eta", "0", "--count", "1", "--out", scratch["s"], "--json");
        Assert.DoesNotContain("written:", table, StringComparison.Ordinal);
        Assert.Contains($"{scratch["s"]}/sheet.png", error, StringComparison.Ordinal);
        Assert.Contains(
            $"\nwritten, too: {scratch["y.npy"]}\n",
            ddim.Done("sample", "--model", model, "--count", "2", "--steps", "1", "--out", scratch["y.png"], "--dump", scratch["y.npy"]),
            StringComparison.Ordinal);
    }
}
