using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>A model whose network has 2C channels: its prediction alone, and with its own variance.</summary>
public sealed class LearnedVarianceTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public LearnedVarianceTests() => model = TinyModel.Save(scratch["model"], classes: 2, variance: true);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Every_eta_samples_and_learned_is_neither_of_the_two()
    {
        var all = ((string[])["0", "1", "hat", "learned"]).Select(eta => string.Join(',', Dump("sample", "--eta", eta))).ToList();

        Assert.Equal(4, all.Distinct().Count());
        Assert.Equal(all[0], string.Join(',', Dump("sample")));
        Assert.All(Dump("sample", "--eta", "learned"), v => Assert.InRange(v, -1.001, 1.001));
    }

    [Fact]
    public void The_recipe_makes_it_again()
    {
        ddim.Done("sample", "--model", model, "--steps", "4", "--count", "3", "--class", "1", "--eta", "learned", "--out", scratch["sheet.png"]);
        ddim.Done("sample", "--from", scratch["sheet.png"], "--out", scratch["again.png"]);

        Assert.Equal(File.ReadAllBytes(scratch["sheet.png"]), File.ReadAllBytes(scratch["again.png"]));
        Assert.Contains("learned", ddim.Done("inspect", scratch["sheet.png"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_and_a_plan_take_it_too()
    {
        var cells = ddim.Json("sweep", "--model", model, "--steps", "2,3", "--eta", "learned,0", "--count", "1", "--out", scratch["sweep"])["cells"]!;
        Assert.Equal(["learned", "0", "learned", "0"], cells.AsArray().Select(c => (string)c!["eta"]!));

        var plan = ddim.Done("plan", "--model", model, "--steps", "3", "--eta", "learned");
        Assert.Contains("sigma_upper", plan, StringComparison.Ordinal);
        Assert.Contains("DDIM eta=learned: 3 network calls", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("sweep")]
    [InlineData("plan")]
    public void A_network_without_it_is_refused_before_the_first_call(string verb)
    {
        var plain = TinyModel.Save(scratch["plain"]);
        ddim.Fails(ErrorKind.Configuration, "returns 3 channels for images of 3, not 6: use eta 1", verb, "--model", plain, "--eta", "learned");
        ddim.Fails(ErrorKind.Usage, "has no eta", verb, "--model", model, "--eta", "learned", "--solver", "heun");
    }

    [Fact]
    public void It_is_trained_and_kept_on_resume()
    {
        string[] train = ["train", "builtin:shapes", "--size", "16", "--channels", "8", "--multipliers", "1,2", "--layers", "1", "--attention", "", "--groups", "4", "--batch", "2", "--out", scratch["run"]];
        ddim.Done([.. train, "--learn-variance", "--variance-weight", "0.002", "--steps", "2"]);
        ddim.Done("train", "--out", scratch["run"], "--steps", "3", "--lr", "0.0002");

        var config = RunConfig.Read(Path.Combine(scratch["run"], "config.json"));
        Assert.Equal((6, "learned_range", 0.002), (((UNetConfig)config.Network).OutChannels, config.Scheduler.VarianceType, config.Training.VarianceWeight));
        var folder = ModelFolder.Open(Path.Combine(scratch["run"], "model"));
        Assert.Equal(("DDPMScheduler", "learned_range"), (folder.Scheduler.ClassName, folder.Scheduler.VarianceType));
        ddim.Done("sample", "--model", Path.Combine(scratch["run"], "model"), "--eta", "learned", "--steps", "3", "--count", "1", "--out", scratch["a.png"]);
        ddim.Fails(ErrorKind.Usage, "--learn-variance", "train", "builtin:shapes", "--from", scratch["run"], "--learn-variance", "--out", scratch["other"]);
        ddim.Fails(ErrorKind.Usage, "--learn-variance", "train", "builtin:shapes", "--variance-weight", "1", "--out", scratch["other"]);
        ddim.Fails(ErrorKind.Configuration, "leave out dequantisation", [.. train[..^1], scratch["other"], "--learn-variance", "--logit"]);
    }

    [Fact]
    public void A_variance_of_another_kind_is_not_trained()
    {
        var large = TinyModel.Save(scratch["large"], size: 16, variance: true);
        ddim.Fails(
            ErrorKind.Configuration, "variance_type is 'fixed_small'", "train", "builtin:shapes", "--from", large, "--steps", "1", "--batch", "1", "--out", scratch["run"]);
    }

    private double[] Dump(string verb, params string[] more)
    {
        ddim.Done([verb, "--model", model, "--steps", "4", "--count", "2", "--dump", scratch["x.npy"], .. more]);
        return NpyFile.ReadFloat64(scratch["x.npy"]).Values;
    }
}
