using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>What a run learns from: folders of pictures.</summary>
public sealed class TrainDataTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly TinyTraining tiny;

    public TrainDataTests() => tiny = new TinyTraining(scratch);

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("photos")]
    [InlineData("photos/runs/first")]
    [InlineData("link/run")]
    public void A_run_in_its_own_data_is_refused_at_the_start(string folder)
    {
        tiny.SavePictures(2);
        Directory.CreateSymbolicLink(scratch["link"], scratch["photos"]);
        ddim.Fails(ErrorKind.Usage, "lies in its own data", ["train", scratch["photos"], "--out", scratch[folder], "--size", "8", .. TinyTraining.Network, "--steps", "1"]);
        Assert.Equal(2, Directory.GetFileSystemEntries(scratch["photos"]).Length);
    }

    [Fact]
    public void Folder_of_pictures_keeps_its_options()
    {
        tiny.SavePictures(5);
        ddim.Done(["train", scratch["photos"], "--out", tiny.Run, "--size", "8", "--flip", "--background", "#102030", "--max-bad", "1%", .. TinyTraining.Network, "--epochs", "1"]);
        var config = RunConfig.Read(new RunFolder(tiny.Run).Config);

        Assert.Contains("flip True", config.DataFingerprint, StringComparison.Ordinal);
        Assert.Equal(5, config.Training.TotalImages);
        Assert.Equal(6, tiny.Images());
        ddim.Done("train", "--out", tiny.Run, "--epochs", "2");
        Assert.Equal(config.DataOptions, RunConfig.Read(new RunFolder(tiny.Run).Config).DataOptions);
        Assert.Equal(new RunDataOptions { Flip = true, MaxBadFraction = 0.01, Background = "#102030" }, config.DataOptions);
        Assert.Equal(10, tiny.Images());
    }

    [Fact]
    public void A_part_of_the_images_is_kept_for_validation()
    {
        tiny.SavePictures(10);
        string[] begin = ["train", scratch["photos"], "--out", tiny.Run, "--size", "8", .. TinyTraining.Network, "--validate-every", "4"];
        var (code, _, error) = ddim.Run([.. begin, "--validation", "30%", "--epochs", "1"]);
        Assert.Equal(0, code);
        Assert.Contains("3 of 10 images are kept for validation", error, StringComparison.Ordinal);
        var config = RunConfig.Read(new RunFolder(tiny.Run).Config);
        Assert.Equal((0.3, 7L), (config.DataOptions.HeldOut, config.Training.TotalImages));
        Assert.EndsWith("held out 3", config.DataFingerprint, StringComparison.Ordinal);

        ddim.Done("train", "--out", tiny.Run, "--epochs", "2");
        Assert.Equal(config with { Training = config.Training with { TotalImages = 14 } }, RunConfig.Read(new RunFolder(tiny.Run).Config));
        Assert.Equal(14, tiny.Images());
        Assert.Contains("\"validation\"", File.ReadAllText(new RunFolder(tiny.Run).Metrics), StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Configuration, "held out 3 → ", "train", "--out", tiny.Run, "--validation", "0", "--epochs", "3");
        ddim.Done("train", "--out", tiny.Run, "--validation", "3", "--epochs", "3");

        ddim.Fails(ErrorKind.Usage, "keeps 10 of 10 images apart", "train", scratch["photos"], "--dry-run", "--size", "8", "--validation", "10");
        ddim.Fails(ErrorKind.Usage, "write a part of the images such as 5%", "train", scratch["photos"], "--dry-run", "--validation", "100%");
        ddim.Fails(ErrorKind.Usage, "--validation is of no use with builtin:shapes", "train", "builtin:shapes", "--dry-run", "--validation", "5%");
    }

    [Fact]
    public void Seed_recipe_is_the_default_for_a_folder()
    {
        tiny.SavePictures(3);

        var recipe = ddim.Json("train", scratch["photos"], "--dry-run", "--batch", "2");
        Assert.Equal(900, (long)recipe["totalImages"]!);
        Assert.Equal(2, (int)recipe["batch"]!);

        // The seed's network: 64·(1, 2, 2, 4) with attention at 12.
        var seed = Networks.UNetConfig.Ddpm(new ImageShape(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]);
        Assert.Equal(Networks.UNet.Build(seed).ParameterCount, (long)recipe["parameters"]!);
    }

    [Fact]
    public void Bad_files_beyond_the_limit_are_code_4()
    {
        tiny.SavePictures(3);
        File.WriteAllText(Path.Combine(scratch["photos"], "not.png"), "not a picture");
        File.WriteAllText(Path.Combine(scratch["photos"], "scan.tif"), "not read");

        ddim.Fails(ErrorKind.Data, "not.png", ["train", scratch["photos"], "--out", tiny.Run, "--size", "8", .. TinyTraining.Network, "--steps", "1"]);
        ddim.Fails(ErrorKind.Data, "1 of 4 files are bad", "data", "check", scratch["photos"]);
        var (code, _, said) = ddim.Run(["train", scratch["photos"], "--out", tiny.Run, "--size", "8", .. TinyTraining.Network, "--steps", "1", "--max-bad", "30%"]);
        Assert.Equal(0, code);
        Assert.Contains("passed over: TIFF: 1 (scan.tif)", said, StringComparison.Ordinal);
        var check = ddim.Json("data", "check", scratch["photos"], "--max-bad", "0.3");
        Assert.Equal((3, "not.png"), ((int)check["images"]!, Path.GetFileName((string)check["bad"]![0]!["file"]!)));
    }
}
