using CsCheck;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Layouts;

/// <summary>The DDIM authors' networks from names and shapes, against a listing of their parameters made from their constructor.</summary>
public class ErmongroupLayoutTests
{
    [Fact]
    public void Any_configuration_is_found_again_and_every_tensor_has_its_place() => Gen.Int[0, int.MaxValue].Sample(
        seed =>
        {
            var random = new Random(seed);
            var levels = random.Next(1, 5);
            var flags = new ErmongroupFlags
            {
                ImageSize = 16,
                Ch = 32 * random.Next(1, 3),
                ChMult = [.. Enumerable.Range(0, levels).Select(_ => random.Next(1, 5))],
                NumResBlocks = random.Next(1, 4),
                AttnResolutions = [.. Enumerable.Range(0, levels).Where(_ => random.Next(2) == 0).Select(l => 16 >> l)],
                ResampWithConv = random.Next(2) == 0,
                InChannels = random.Next(1, 4),
                OutCh = random.Next(1, 4),
            };
            var module = flags.Module();
            var model = Read("nowhere/ckpt.pth", module.Infos(), new() { Height = 16, Width = 16 });
            var graph = model.Network.Build();
            WeightsMap.Find("ckpt.pth", module.Infos(), graph, LayoutNames.Mapping(model.Set.Layout, model.Network, module.Infos()));
            Assert.Equal(module.Parameters, graph.ParameterCount);
            Assert.Equal(
                UNetConfig.Ddpm(new ImageShape(3, 16, 16), flags.Ch, flags.ChMult, flags.NumResBlocks, flags.AttnResolutions) with
                {
                    InChannels = flags.InChannels,
                    OutChannels = flags.OutCh,
                    ResampleWithConv = levels == 1 || flags.ResampWithConv,
                },
                model.Network);
            ErmongroupLayout.RequireExpressible(model.Network);
        },
        iter: 300,
        threads: 1);

    // configs/*.yml of the reference; the CIFAR-10 model's 35.7 M are the DDPM paper's.
    [Theory]
    [InlineData(32, new[] { 1, 2, 2, 2 }, 36)]
    [InlineData(64, new[] { 1, 2, 2, 2, 4 }, 79)]
    [InlineData(256, new[] { 1, 1, 2, 2, 4, 4 }, 114)]
    public void Published_models_tell_their_size_by_the_level_of_attention(int size, int[] multipliers, int millions)
    {
        var infos = new ErmongroupFlags { ImageSize = size, Ch = 128, ChMult = multipliers, NumResBlocks = 2, AttnResolutions = [16] }.Module().Infos();
        var model = Read("nowhere/ckpt.pth", infos, new());
        Assert.Equal(new ImageShape(3, size, size), model.Network.InputShape);
        Assert.Equal(millions, (int)Math.Round(model.Network.Build().ParameterCount / 1e6));
        Assert.Equal(NoiseSchedule.Linear(), model.Scheduler.ToSchedule());
        Assert.False(model.Scheduler.ClipSample);
        Assert.Equal(2, model.Notes.Count);
    }

    [Fact]
    public void Without_attention_the_size_is_asked_for()
    {
        var e = Assert.Throws<DiffusionException>(() => Read("nowhere/ckpt.pth", new ErmongroupFlags { AttnResolutions = [] }.Module().Infos(), new()));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("image_size=32", e.Message);
    }

    [Fact]
    public void The_file_beside_a_checkpoint_says_the_rest_and_what_is_told_goes_before()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.yml"], Yaml);
        var infos = new ErmongroupFlags().Module().Infos();
        var model = Read(folder["ckpt.pth"], infos, new());
        var network = (UNetConfig)model.Network;
        Assert.Equal((8, 8, 0.1), (network.Height, network.Width, network.Dropout));
        Assert.Equal(NoiseSchedule.ScaledLinear(500, 0.001, 0.01), model.Scheduler.ToSchedule());
        Assert.Empty(model.Notes);

        var told = Read(folder["ckpt.pth"], infos, new() { Height = 16, Width = 16, NoiseSchedule = "linear", BetaEnd = 0.5, DiffusionSteps = 10 });
        Assert.Equal(16, ((UNetConfig)told.Network).Height);
        Assert.Equal(NoiseSchedule.Linear(10, 0.001, 0.5), told.Scheduler.ToSchedule());
    }

    [Theory]
    [InlineData("ch: 32", "ch: 64", "model.ch is 64, the weights beside it have 32")]
    [InlineData("ch_mult: [1, 2]", "ch_mult: [1, 2, 2]", "model.ch_mult is 1, 2, 2")]
    [InlineData("num_res_blocks: 1", "num_res_blocks: 2", "model.num_res_blocks is 2")]
    [InlineData("image_size: 8", "image_size: 32", "the weights beside it have attention at level 1")]
    [InlineData("image_size: 8", "image_size: eight", "data.image_size is 'eight'")]
    [InlineData("dropout: 0.1", "dropout: [", "line 7")]
    public void Another_models_file_is_an_error_unless_its_size_was_told(string line, string other, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.yml"], Yaml.Replace(line, other));
        var infos = new ErmongroupFlags().Module().Infos();
        var e = Assert.Throws<DiffusionException>(() => Read(folder["ckpt.pth"], infos, new()));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(reason, e.Message);
        Assert.Contains("config.yml", e.Message);
        if (other.StartsWith("ch", StringComparison.Ordinal))
        {
            Assert.Equal(NoiseSchedule.Linear(), Read(folder["ckpt.pth"], infos, new() { Height = 8, Width = 8 }).Scheduler.ToSchedule());
        }
    }

    private const string Yaml = """
        data:
            image_size: 8
        model:
            ch: 32
            ch_mult: [1, 2]
            num_res_blocks: 1
            dropout: 0.1
            attn_resolutions: [4, ]
        diffusion:
            beta_schedule: quad
            beta_start: 0.001
            beta_end: 1e-2
            num_diffusion_timesteps: 500
        """;

    private static CheckpointModel Read(string path, Dictionary<string, TensorInfo> infos, CheckpointFacts told) => ErmongroupLayout.Read(path, infos, new StateDict(WeightsLayout.Ermongroup, "", false), told);
}
