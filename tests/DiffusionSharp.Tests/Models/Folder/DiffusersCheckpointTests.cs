using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit;
using TestKit.Networks;

namespace DiffusionSharp.Tests.Models.Folder;

/// <summary>What diffusers' training scripts leave: <c>checkpoint-N/{unet, unet_ema}</c>, EMAModel's bookkeeping, networks of no size.</summary>
public sealed class DiffusersCheckpointTests : IDisposable
{
    private const string Bookkeeping =
        "\"decay\":0.9999,\"inv_gamma\":1.0,\"min_decay\":0.0,\"optimization_step\":1,\"power\":0.75,\"update_after_step\":0,\"use_ema_warmup\":true,";

    private static readonly UNetConfig Small = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 4, [1, 2], 1, []) with { NormNumGroups = 2 };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_checkpoint_offers_both_and_means_the_average()
    {
        Write("out/checkpoint-5/unet", seed: 1);
        Write("out/checkpoint-5/unet_ema", seed: 2, Bookkeeping);
        var path = folder["out/checkpoint-5"];
        Assert.True(ModelFolder.IsModel(path));
        foreach (var (raw, average, seed) in (ReadOnlySpan<(bool, bool, ulong)>)[(false, false, 2), (false, true, 2), (true, false, 1)])
        {
            var source = ModelSource.Open(path, raw, average: average);
            Assert.Equal((path, folder[$"out/checkpoint-5/{(raw ? "unet" : "unet_ema")}/diffusion_pytorch_model.safetensors"]), (source.Path, source.WeightsPath));
            Assert.Contains(source.Notes, n => n.Contains("unet_ema, the moving average (ema), and unet, the weights themselves (raw)", StringComparison.Ordinal));
            Assert.Contains(source.Notes, n => n.Contains("linear schedule", StringComparison.Ordinal));
            AssertHas(seed, source);
        }

        Assert.Equal(PredictionType.Sample, ModelSource.Open(path, facts: new() { Prediction = PredictionType.Sample }).Scheduler.PredictionType);
        Fails(ErrorKind.Usage, "exclude each other", () => ModelSource.Open(path, raw: true, average: true));
    }

    [Theory]
    [InlineData("unet", "", false, true, "offers unet, and no unet_ema")]
    [InlineData("unet_ema", Bookkeeping, true, false, "offers unet_ema, and no unet")]
    public void What_a_checkpoint_does_not_offer_is_an_error(string only, string extra, bool raw, bool average, string words)
    {
        Write($"checkpoint-5/{only}", seed: 1, extra);
        Fails(ErrorKind.Usage, words, () => ModelSource.Open(folder["checkpoint-5"], raw, average: average));
        AssertHas(1, ModelSource.Open(folder["checkpoint-5"], raw: !raw, average: !average));
        AssertHas(1, ModelSource.Open(folder["checkpoint-5"]));
    }

    [Fact]
    public void The_scheduler_beside_is_used_and_not_assumed()
    {
        Write("out/checkpoint-5/unet", seed: 1);
        Write("out/unet", seed: 3);
        Directory.CreateDirectory(folder["out/scheduler"]);
        var scheduler = new SchedulerConfig { BetaSchedule = "squaredcos_cap_v2", PredictionType = PredictionType.VPrediction };
        File.WriteAllText(folder["out/scheduler/scheduler_config.json"], SchedulerConfigJson.ToJson(scheduler));
        foreach (var path in (string[])["out/checkpoint-5", "out/checkpoint-5/unet", "out/unet"])
        {
            var source = ModelSource.Open(folder[path]);
            Assert.Equal(scheduler, source.Scheduler);
            Assert.Contains(folder["out/scheduler/scheduler_config.json"], Assert.Single(source.Notes));
            Fails(ErrorKind.Usage, "leave out what is told about it", () => ModelSource.Open(folder[path], facts: new() { NoiseSchedule = "linear" }));
        }
    }

    [Fact]
    public void One_set_of_weights_is_an_average_where_it_says_so()
    {
        Write("unet_ema", seed: 1, Bookkeeping);
        Write("net", seed: 1);
        AssertHas(1, ModelSource.Open(folder["unet_ema"], average: true));
        Fails(ErrorKind.Usage, "moving average only", () => ModelSource.Open(folder["unet_ema"], raw: true));
        Fails(ErrorKind.Usage, "do not ask for one (ema)", () => ModelSource.Open(folder["net"], average: true));
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), Weights(1));
        Fails(ErrorKind.Usage, "do not ask for one (ema)", () => ModelSource.Open(folder["m"], average: true));
    }

    [Theory]
    [InlineData("\"sample_size\":null,")]
    [InlineData("")]
    public void The_size_of_the_images_is_told_where_the_file_does_not_say_it(string size)
    {
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), Weights(1));
        var config = folder["m/unet/config.json"];
        var json = File.ReadAllText(config);
        var other = ModelSource.Open(folder["m"], facts: new() { Height = 16, Width = 24 });
        Assert.Equal((Small with { Height = 16, Width = 24 }, Small.InputShape), (other.Network, other.TrainedShape));
        Assert.Contains("trained on images of 8×8", Assert.Single(other.Notes));
        File.WriteAllText(config, json.Replace("\"sample_size\": 8,", size, StringComparison.Ordinal));
        Fails(ErrorKind.ModelFile, "image_size=64", () => ModelSource.Open(folder["m"]));
        var told = ModelSource.Open(folder["m"], facts: new() { Height = 16, Width = 24 });
        Assert.Equal(Small with { Height = 16, Width = 24 }, told.Network);
        AssertHas(1, told);
        Fails(ErrorKind.Usage, "leave out what is told about it", () => ModelSource.Open(folder["m"], facts: new() { Height = 16, Width = 24, NoiseSchedule = "linear" }));
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_shared_unet_ema_opens()
    {
        Directory.CreateDirectory(folder["unet_ema"]);
        File.Copy(Shared.Path("cases", "diffusers_unet_ema", "config.json"), folder["unet_ema/config.json"]);
        var network = NetworkConfigJson.Read(folder["unet_ema/config.json"]);
        Assert.True(network.IsAverage);
        SafetensorsWriter.Write(folder["unet_ema/diffusion_pytorch_model.safetensors"], RandomWeights.Create(network.Network.Build(), 1));
        using var weights = ModelSource.Open(folder["unet_ema"], average: true).OpenWeights();
    }

    private static IReadOnlyDictionary<string, HostTensor> Weights(ulong seed) => RandomWeights.Create(Small.Build(), seed);

    private static void AssertHas(ulong seed, ModelSource source)
    {
        using var weights = source.OpenWeights();
        var expected = Weights(seed);
        Assert.All(weights.ReadAll(), w => Assert.Equal(expected[w.Key].Data, w.Value.Data));
    }

    private static void Fails(ErrorKind kind, string words, Action open)
    {
        var e = Assert.Throws<DiffusionException>(open);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Equal(kind, e.Kind);
    }

    private void Write(string name, ulong seed, string extra = "")
    {
        Directory.CreateDirectory(folder[name]);
        File.WriteAllText(folder[$"{name}/config.json"], UNetConfigJson.ToJson(Small).Replace("\"act_fn\"", extra + "\"act_fn\"", StringComparison.Ordinal));
        SafetensorsWriter.Write(folder[$"{name}/diffusion_pytorch_model.safetensors"], Weights(seed));
    }
}
