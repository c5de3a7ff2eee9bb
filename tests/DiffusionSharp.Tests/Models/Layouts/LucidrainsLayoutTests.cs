using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using TestKit.Files;
using TestKit.Networks;

namespace DiffusionSharp.Tests.Models.Layouts;

public sealed class LucidrainsLayoutTests : IDisposable
{
    private const string Prefix = "ema.ema_model.model.";
    private static readonly CheckpointFacts Size = new() { Height = 8, Width = 8 };
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("lucidrains-test-");

    public void Dispose() => folder.Delete(recursive: true);

    // The file does not tell theta and dropout.
    [Fact]
    public void Network_and_weights_come_back_from_a_checkpoint()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var config = RandomLucidrainsUNet.Config(1 + (seed % 3), seed) with { SinusoidalPosEmbTheta = 10000, Dropout = 0, NumMemKv = 1 + (seed % 5) };
            var graph = config.Build();
            var weights = RandomWeights.Create(graph, (ulong)seed);
            var path = Write(LucidrainsCheckpoint.StateDict(graph, weights), Buffers(NoiseSchedule.Cosine(100), a => a));
            var model = Read(path, new CheckpointFacts { Height = config.Height, Width = config.Width });
            var read = model.Network.Build();
            Assert.Equal(graph.Nodes, read.Nodes);
            Assert.Equal(PredictionType.VPrediction, model.Scheduler.PredictionType);
            Assert.Equal("squaredcos_cap_v2", model.Scheduler.BetaSchedule);
            Assert.Equal(config.LearnedVariance ? "learned_range" : "fixed_small", model.Scheduler.VarianceType);
            using var file = WeightsReader.Open(path, model.Set, model.Network, read);
            Assert.All(file.ReadAll(), p => Assert.Equal(weights[p.Key].Data, p.Value.Data));
        }
    }

    [Fact]
    public void What_the_file_does_not_tell_is_asked_for_and_can_be_told()
    {
        var config = new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 4, DimMults = [1] };
        var graph = config.Build();
        var bare = Write(LucidrainsCheckpoint.StateDict(graph, RandomWeights.Create(graph, 1)), []);
        AssertAsks("image_size=", new CheckpointFacts());
        AssertAsks("prediction=", Size);
        AssertAsks("noise_schedule=", Size with { Prediction = PredictionType.Sample });
        var scheduler = Read(bare, Size with { Prediction = PredictionType.Sample, NoiseSchedule = "sigmoid", DiffusionSteps = 50 }).Scheduler;
        Assert.Equal(NoiseSchedule.SigmoidLucidrains(50), scheduler.ToSchedule());
        Assert.True(scheduler.ClipSample);
        Assert.False(Read(bare, Size with { Prediction = PredictionType.Sample, NoiseSchedule = "linear", Clip = false }).Scheduler.ClipSample);

        void AssertAsks(string key, CheckpointFacts told)
        {
            var e = Assert.Throws<DiffusionException>(() => Read(bare, told));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(key, e.Message);
        }
    }

    [Theory]
    [InlineData("older blocks", "group norms")]
    [InlineData("no memory", "mem_kv")]
    [InlineData("learned sinusoid", "learned_sinusoidal_cond")]
    [InlineData("self conditioning", "self_condition")]
    [InlineData("odd width", "no multiple")]
    [InlineData("cut", "time_mlp.1.weight")]
    public void Other_networks_are_refused_with_the_reason(string change, string reason)
    {
        var shapes = LucidrainsCheckpoint.Shapes(new LucidrainsUNetConfig { Dim = 8, DimMults = [1, 2] });
        switch (change)
        {
            case "older blocks":
                Put("downs.0.0.block1.norm.weight", 8);
                break;
            case "no memory":
                shapes.Remove("downs.0.2.mem_kv");
                break;
            case "learned sinusoid":
                Put("time_mlp.0.weights", 8);
                break;
            case "self conditioning":
                Put("init_conv.weight", 8, 6, 7, 7);
                break;
            case "odd width":
                Put("downs.1.3.weight", 13, 8, 3, 3);
                break;
            default:
                shapes.Remove("time_mlp.1.weight");
                break;
        }

        var e = Assert.Throws<DiffusionException>(() => LucidrainsLayout.Shape(new StateDictShapes("model-1.pt", shapes), shapes));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(reason, e.Message);
        Assert.Contains("model-1.pt", e.Message);

        void Put(string name, params int[] shape) => shapes[name] = new TensorInfo(name, TensorDtype.F32, shape, 0);
    }

    [Fact]
    public void A_model_folder_keeps_the_tensors_under_their_names()
    {
        var config = new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 4, DimMults = [1, 2] };
        var graph = config.Build();
        var weights = RandomWeights.Create(graph, 1);
        var stored = LucidrainsCheckpoint.StateDict(graph, weights).Select(t => StoredTensor.FromMemory(t.Key, t.Value)).ToList();
        var path = Path.Combine(folder.FullName, "model");
        ModelFolder.Save(path, config, WeightsLayout.Lucidrains, SchedulerConfig.FromSchedule(NoiseSchedule.Linear()), stored, card: null);
        var model = ModelFolder.Open(path);
        Assert.Equal(config, model.Network);
        using var read = model.OpenWeights();
        Assert.All(read.ReadAll(), p => Assert.Equal(weights[p.Key].Data, p.Value.Data));
        using var file = TensorFiles.Open(model.WeightsPath);
        Assert.Contains("mid_attn.to_qkv.weight", file.Tensors.Keys);
    }

    // Its buffers, as GaussianDiffusion makes them: the weight is a function of ᾱ.
    private static Dictionary<string, HostTensor> Buffers(NoiseSchedule schedule, Func<double, double> weight) => new()
    {
        ["betas"] = new([schedule.T], [.. schedule.Betas.Select(b => (float)b)]),
        ["loss_weight"] = new([schedule.T], [.. Enumerable.Range(0, schedule.T).Select(t => (float)weight(schedule.AlphaBar(t)))]),
    };

    private static CheckpointModel Read(string path, CheckpointFacts told)
    {
        using var file = TensorFiles.Open(path);
        return CheckpointReader.Read(file, raw: false, average: false, told);
    }

    private string Write(Dictionary<string, HostTensor> network, Dictionary<string, HostTensor> buffers)
    {
        var path = Path.Combine(folder.FullName, "model.safetensors");
        SafetensorsWriter.Write(path, [
            .. network.Select(t => KeyValuePair.Create(Prefix + t.Key, t.Value)),
            .. buffers.Select(t => KeyValuePair.Create($"ema.ema_model.{t.Key}", t.Value))]);
        return path;
    }
}
