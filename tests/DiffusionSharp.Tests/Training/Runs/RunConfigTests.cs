using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Tests.Training.Runs;

public class RunConfigTests
{
    private static readonly UNetConfig Network =
        UNetConfig.Ddpm(new ImageShape(1, 32, 64), 32, [1, 2], 1, [16]) with { NumClassEmbeds = 3, NullClass = 2, ClassNames = ["a", "b"] };

    private static readonly RunConfig Config = new()
    {
        Network = Network,
        Scheduler = new SchedulerConfig { BetaSchedule = "squaredcos_cap_v2", PredictionType = DiffusionSharp.Schedules.PredictionType.VPrediction },
        Training = new TrainingOptions { Seed = ulong.MaxValue, TotalImages = 12, MaxSeconds = 1.5, EmaDecays = [0.9999, 0.5], Loss = LossKind.Huber, MinSnrGamma = 5, MicroBatch = 3, LabelDrop = 0.1 },
        Data = "pictures/",
        DataFingerprint = "folder 1×32×64 10 images",
        DataOptions = new RunDataOptions { Flip = true, MaxBadFraction = 0.25, Background = "#01aBfF", Column = "image" },
        From = "models/x",
    };

    [Fact]
    public void It_comes_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var read = RunConfig.Read(folder["config.json"]);
        Assert.Equal(Config, read);
        Assert.Empty(Config.Differences(read));
    }

    [Fact]
    public void What_a_run_leaves_out_of_its_data_options_is_not_written()
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var text = File.ReadAllText(folder["config.json"]);
        Assert.DoesNotContain("\"heldOut\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"classes\"", text, StringComparison.Ordinal);

        var split = Config with { DataOptions = Config.DataOptions with { HeldOut = 0.05, Classes = "top-folders" } };
        split.Write(folder["config.json"]);
        Assert.Equal(split, RunConfig.Read(folder["config.json"]));
        Assert.Empty(Config.Differences(split));
        (split with { DataOptions = new RunDataOptions { HeldOut = 1.5 } }).Write(folder["config.json"]);
        Assert.Contains("images held out 1.5", Assert.Throws<DiffusionException>(() => RunConfig.Read(folder["config.json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_name_each_field_with_both_values()
    {
        var other = Config with
        {
            Network = Network with { Dropout = 0.1, BlockOutChannels = [32, 32] },
            Training = Config.Training with { BatchSize = 64, EmaDecays = [0.9999] },
            DataFingerprint = "something else",
        };
        var differences = Config.Differences(other);
        Assert.Contains("unet.dropout: 0 → 0.1", differences);
        Assert.Contains("unet.block_out_channels: [32,64] → [32,32]", differences);
        Assert.Contains("training.batchSize: 128 → 64", differences);
        Assert.Contains("training.emaDecays: [0.9999,0.5] → [0.9999]", differences);
        Assert.Contains(differences, d => d.StartsWith("the data changed:", StringComparison.Ordinal));
        Assert.Equal(5, differences.Count);
    }

    [Fact]
    public void Other_classes_are_another_network_and_dropping_is_part_of_the_training() => Assert.Equal(
        ["unet._class_names: [\"a\",\"b\"] → [\"a\",\"c\"]", "training.labelDrop: 0.1 → 0"],
        Config.Differences(Config with { Network = Network with { ClassNames = ["a", "c"] }, Training = Config.Training with { LabelDrop = 0 } }));

    [Fact]
    public void What_changes_nothing_that_was_computed_may_change()
    {
        var free = Config with
        {
            Data = "elsewhere/",
            DataOptions = new RunDataOptions(),
            Training = Config.Training with { TotalImages = 1000, MaxSeconds = null, CheckpointEvery = 7, CheckpointSeconds = 0, KeepCheckpoints = 9, SampleEvery = 0, ValidateEvery = 0 },
        };
        Assert.Empty(Config.Differences(free));

        // A rate that falls depends on where it ends.
        foreach (var decay in Enum.GetValues<LearningRateDecay>().Except([LearningRateDecay.Constant]))
        {
            var falling = Config with { Training = Config.Training with { Decay = decay } };
            var longer = falling with { Training = falling.Training with { TotalImages = 13 } };
            Assert.Equal(["training.totalImages: 12 → 13"], falling.Differences(longer));
        }
    }

    [Fact]
    public void A_network_of_another_family_comes_back_too()
    {
        using var folder = new TemporaryFolder();
        var config = Config with { Network = new LucidrainsUNetConfig { Height = 8, Width = 16, Dim = 8, DimMults = [1, 2], FullAttn = [true, false], Dropout = 0.1 } };
        config.Write(folder["config.json"]);
        Assert.Equal(config, RunConfig.Read(folder["config.json"]));
        Assert.Contains("unet._class_name: DiffusionSharpUNet2DModel → LucidrainsUnet", (Config with { Network = Network with { TimestepScale = 2 } }).Differences(config));
    }

    [Fact]
    public void Another_engine_is_a_difference_and_how_the_managed_one_goes_about_it_is_none()
    {
        var torch = Config with { Training = Config.Training with { Engine = "torch" } };
        Assert.Equal(["training.engine: torch → cpu"], torch.Differences(Config));
        Assert.Equal(["training.engine: cpu → torch"], Config.Differences(torch));

        static RunConfig Otherwise(RunConfig config) => config with { Training = config.Training with { MicroBatch = 8, Threads = 2 } };
        Assert.Empty(Config.Differences(Otherwise(Config)));
        Assert.Equal(["training.engine: torch → cpu"], torch.Differences(Otherwise(Config)));
        Assert.Equal(["training.microBatch: 3 → 8", "training.threads: 0 → 2"], torch.Differences(Otherwise(torch)));
    }

    [Fact]
    public void A_run_that_names_no_engine_was_begun_on_libtorch()
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        Assert.Equal("cpu", (string?)root["training"]!["engine"]);
        root["training"]!.AsObject().Remove("engine");
        File.WriteAllText(folder["config.json"], root.ToJsonString());
        Assert.Equal(Config with { Training = Config.Training with { Engine = "torch" } }, RunConfig.Read(folder["config.json"]));
    }

    [Fact]
    public void A_run_that_names_no_activations_keeps_float32_and_16_bits_are_a_difference()
    {
        using var folder = new TemporaryFolder();
        var narrow = Config with { Training = Config.Training with { Activations = ActivationPrecision.BFloat16 } };
        narrow.Write(folder["config.json"]);
        Assert.Equal(narrow, RunConfig.Read(folder["config.json"]));
        Assert.Equal(["training.activations: Float32 → BFloat16"], Config.Differences(narrow));
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        Assert.True(root["training"]!.AsObject().Remove("activations"));
        File.WriteAllText(folder["config.json"], root.ToJsonString());
        Assert.Equal(Config, RunConfig.Read(folder["config.json"]));
    }

    [Theory]
    [InlineData("", ErrorKind.Configuration)]
    [InlineData("null", ErrorKind.Configuration)]
    [InlineData("[]", ErrorKind.Configuration)]
    [InlineData("{}", ErrorKind.Configuration)]
    [InlineData("{\"unet\": 1, \"scheduler\": {}, \"training\": {}}", null)]
    public void What_is_no_configuration_is_refused_with_the_file(string text, ErrorKind? kind)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], text);
        var e = Assert.Throws<DiffusionException>(() => RunConfig.Read(folder["config.json"]));
        Assert.Contains("config.json", e.Message);
        Assert.Equal(kind ?? e.Kind, e.Kind);
    }

    [Fact]
    public void A_setting_that_is_unknown_or_misspelt_is_refused()
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        File.WriteAllText(folder["config.json"], File.ReadAllText(folder["config.json"]).Replace("\"batchSize\"", "\"batch_size\"", StringComparison.Ordinal));
        Assert.Contains("batch_size", Assert.Throws<DiffusionException>(() => RunConfig.Read(folder["config.json"])).Message);
    }

    [Theory]
    [InlineData("\"batchSize\": 128", "\"batchSize\": 0", "batch size 0")]
    [InlineData("\"batchSize\": 128", "\"batchSize\": 128, \"batchSize\": 64", "batchSize")]
    [InlineData("\"device\": \"cpu\"", "\"device\": null", "device")]
    [InlineData("\"data\": \"pictures/\"", "\"data\": null", "'data' is missing or null")]
    [InlineData("\"data\": \"pictures/\"", "\"data\": 5", "config.json")]
    [InlineData("\"labelDrop\": 0.1", "\"labelDrop\": 1.5", "label drop 1.5")]
    [InlineData("\"#01aBfF\"", "\"red\"", "background 'red'")]
    [InlineData("\"#01aBfF\"", "null", "background")]
    [InlineData("\"maxBadFraction\": 0.25", "\"maxBadFraction\": 2", "bad files 2")]
    public void A_setting_that_is_null_repeated_or_out_of_range_is_refused(string found, string instead, string message)
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var text = File.ReadAllText(folder["config.json"]);
        Assert.Contains(found, text);
        File.WriteAllText(folder["config.json"], text.Replace(found, instead, StringComparison.Ordinal));
        var e = Assert.Throws<DiffusionException>(() => RunConfig.Read(folder["config.json"]));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("config.json", e.Message);
        Assert.Contains(message, e.Message);
    }

    [Theory]
    [InlineData("[]", "EMA decays []")]
    [InlineData("[null]", "config.json")]
    [InlineData("null", "config.json")]
    public void Averages_that_are_none_are_refused(string decays, string message)
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        root["training"]!["emaDecays"] = System.Text.Json.Nodes.JsonNode.Parse(decays);
        File.WriteAllText(folder["config.json"], root.ToJsonString());
        var e = Assert.Throws<DiffusionException>(() => RunConfig.Read(folder["config.json"]));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains(message, e.Message);
    }

    [Fact]
    public void A_configuration_without_data_options_has_the_defaults()
    {
        using var folder = new TemporaryFolder();
        Config.Write(folder["config.json"]);
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["config.json"]))!.AsObject();
        root.Remove("dataOptions");
        File.WriteAllText(folder["config.json"], root.ToJsonString());
        Assert.Equal(new RunDataOptions(), RunConfig.Read(folder["config.json"]).DataOptions);
    }
}
