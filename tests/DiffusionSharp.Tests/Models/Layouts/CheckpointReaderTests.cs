using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Layouts;

public sealed class CheckpointReaderTests : IDisposable
{
    private const string Guided = "time_embed.0.weight";
    private static readonly CheckpointFacts Told = new() { Height = 8, Width = 8, NumHeads = 2, NoiseSchedule = "linear", Prediction = PredictionType.Epsilon };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("temb.dense.0.weight", WeightsLayout.Ermongroup, "", false)]
    [InlineData("module.temb.dense.0.weight", WeightsLayout.Ermongroup, "module.", false)]
    [InlineData("0.module.temb.dense.0.weight", WeightsLayout.Ermongroup, "0.module.", false)]
    [InlineData("4.temb.dense.0.weight", WeightsLayout.Ermongroup, "4.", true)]
    [InlineData("4." + Guided, WeightsLayout.Guided, "4.", false)]
    [InlineData("state_dict.model." + Guided, WeightsLayout.Guided, "state_dict.model.", false)]
    [InlineData("model_ema." + Guided, WeightsLayout.Guided, "model_ema.", true)]
    [InlineData("EMA." + Guided, WeightsLayout.Guided, "EMA.", true)]
    [InlineData("schema." + Guided, WeightsLayout.Guided, "schema.", false)]
    [InlineData("model.model.downs.0.0.block1.proj.weight", WeightsLayout.Lucidrains, "model.model.", false)]
    [InlineData("ema.ema_model.model.downs.0.0.block1.proj.weight", WeightsLayout.Lucidrains, "ema.ema_model.model.", true)]
    [InlineData("ema.online_model.model.downs.0.0.block1.proj.weight", WeightsLayout.Lucidrains, "ema.online_model.model.", false)]
    [InlineData("unet.time_embedding.linear_1.weight", WeightsLayout.Diffusers, "unet.", false)]
    public void A_set_of_weights_is_known_by_one_name(string name, WeightsLayout layout, string prefix, bool average) =>
        Assert.Equal(new StateDict(layout, prefix, average), Assert.Single(Find(name)));

    [Theory]
    [InlineData("my_time_embed.0.weight")]
    [InlineData("time_embed.0.weight_v")]
    [InlineData("exp_avg." + Guided)]
    [InlineData("optimizer.adam.exp_avg_sq." + Guided)]
    [InlineData("conv1.weight")]
    public void Other_names_are_none(string name) => Assert.Empty(Find(name));

    [Fact]
    public void All_sets_are_found_in_the_order_of_the_file() =>
        Assert.Equal(["0.module.", "4."], Find("0.module.temb.dense.0.weight", "1.state.0.exp_avg", "4.temb.dense.0.weight").Select(d => d.Prefix));

    [Fact]
    public void The_average_is_meant_unless_the_weights_are_asked_for()
    {
        var module = new GuidedFlags().Module();
        var both = Write([.. module.Values("model."), .. module.Values("ema.", scale: 2)]);
        Assert.Equal("ema.", Read(both).Set.Prefix);
        Assert.Equal("model.", Read(both, raw: true).Set.Prefix);

        var plain = Write(module.Values());
        Assert.Equal("", Read(plain).Set.Prefix);
        Assert.Equal("", Read(plain, raw: true).Set.Prefix);

        var average = Write(module.Values("ema."));
        Assert.Equal("ema.", Read(average).Set.Prefix);
        var e = Assert.Throws<DiffusionException>(() => Read(average, raw: true));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("below ema", e.Message);
    }

    [Fact]
    public void An_average_that_is_asked_for_is_there_or_an_error()
    {
        var module = new GuidedFlags().Module();
        Assert.Equal("ema.", Read(Write([.. module.Values("model."), .. module.Values("ema.", scale: 2)]), average: true).Set.Prefix);
        var e = Assert.Throws<DiffusionException>(() => Read(Write(module.Values("model.")), average: true));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("no moving average", e.Message);
        Assert.Contains("(ema)", e.Message);

        // Somebody else's names: not passed over in silence.
        var foreign = Write([.. module.Values("model."), Tensor("ema_shadow.7", 4), Tensor("model_ema.decay")]);
        Assert.Contains("'ema_shadow.7'", Assert.Throws<DiffusionException>(() => Read(foreign, average: true)).Message);
        Assert.Contains("'ema_shadow.7'", Read(foreign).Notes[^1]);
        Assert.DoesNotContain(Read(foreign, raw: true).Notes, n => n.Contains("ema_shadow", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("state.0.exp_avg", "state.0.step", "state.1.exp_avg_sq")]
    [InlineData("optimizer.state.12.momentum_buffer")]
    [InlineData("exp_avg.conv_in.weight", "exp_avg_sq.conv_in.weight")]
    public void An_optimizers_file_says_that_it_is_one(params string[] names) =>
        Refused([.. names.Select(n => Tensor(n, 2))], "the state of an optimizer", names[0]);

    [Fact]
    public void Somebody_elses_network_is_listed_and_diffusers_without_options_is_told_where_they_are()
    {
        Refused([Tensor("encoder.conv1.weight", 8, 3, 3, 3), Tensor("a", 1), Tensor("b", 1), Tensor("c", 1)], "4 tensors (encoder.conv1.weight [8, 3, 3, 3], a [1], b [1], …)", "ddim inspect", "(tensors)");
        Refused([], "0 tensors");
        Refused([Tensor("time_embedding.linear_1.weight", 8, 8)], "config.json", "save_pretrained");
    }

    // Stable Diffusion's checkpoints have OpenAI's names for a network of latents.
    [Fact]
    public void Latent_diffusion_is_refused_by_what_it_has_besides()
    {
        var module = new GuidedFlags().Module();
        Refused([.. module.Values("model.diffusion_model."), Tensor("first_stage_model.encoder.conv_in.weight", 8, 3, 3, 3)], "first_stage_model.encoder.conv_in.weight", "latent diffusion");
        Refused([.. module.Values("model.diffusion_model."), Tensor("model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 8, 8)], "cross attention", "latent diffusion");
    }

    [Fact]
    public void A_tensor_too_many_too_few_or_of_another_shape_is_named()
    {
        var values = new GuidedFlags().Module().Values();
        Assert.Contains("1 unexpected: logvar", Fails([.. values, Tensor("logvar", 4)]));
        Assert.Contains("1 missing: middle_block.0.out_layers.3.bias", Fails([.. values.Where(v => v.Key != "middle_block.0.out_layers.3.bias")]));
        Assert.Contains("out.0.bias [5] instead of [32]", Fails([.. values.Where(v => v.Key != "out.0.bias"), Tensor("out.0.bias", 5)]));

        // As many elements, but no rows to take apart.
        var qkv = values.First(v => v.Key == "middle_block.1.qkv.weight").Value;
        Assert.Contains("qkv.weight [1, 192, 64]", Fails([.. values.Where(v => v.Key != "middle_block.1.qkv.weight"), KeyValuePair.Create("middle_block.1.qkv.weight", new HostTensor([1, 192, 64], qkv.Data))]));

        string Fails(IReadOnlyList<KeyValuePair<string, HostTensor>> tensors)
        {
            var (path, model) = (Write(tensors), Read(Write(tensors)));
            var e = Assert.Throws<DiffusionException>(() => WeightsReader.Open(path, model.Set, model.Network, model.Network.Build()));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            return e.Message;
        }
    }

    private static IReadOnlyList<StateDict> Find(params string[] names) => StateDict.Find(names.ToDictionary(n => n, n => new TensorInfo(n, TensorDtype.F32, [1], 0)));

    private static KeyValuePair<string, HostTensor> Tensor(string name, params int[] shape) => KeyValuePair.Create(name, new HostTensor(shape, new float[shape.Aggregate(1, (n, d) => n * d)]));

    private static CheckpointModel Read(string path, bool raw = false, bool average = false)
    {
        using var file = TensorFiles.Open(path);
        return CheckpointReader.Read(file, raw, average, Told);
    }

    private void Refused(IReadOnlyList<KeyValuePair<string, HostTensor>> tensors, params string[] words)
    {
        var path = Write(tensors);
        var e = Assert.Throws<DiffusionException>(() => Read(path));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.All([.. words, path], w => Assert.Contains(w, e.Message));
    }

    private string Write(IReadOnlyList<KeyValuePair<string, HostTensor>> tensors)
    {
        SafetensorsWriter.Write(folder["model.safetensors"], tensors);
        return folder["model.safetensors"];
    }
}
