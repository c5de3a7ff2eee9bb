using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit;
using TestKit.Files;
using TestKit.Networks;

namespace DiffusionSharp.Tests.Models;

public sealed class ModelConverterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ermongroup", "UNet2DModel", WeightsLayout.Diffusers)]
    [InlineData("ermongroup, pooled", "DiffusionSharpUNet2DModel", WeightsLayout.Ermongroup)]
    [InlineData("guided", "UNet2DModel", WeightsLayout.Diffusers)]
    [InlineData("guided, new order", "UNet2DModel", WeightsLayout.Diffusers)]
    [InlineData("guided, by number of heads", "DiffusionSharpUNet2DModel", WeightsLayout.Guided)]
    [InlineData("guided, new order, by number of heads", "DiffusionSharpUNet2DModel", WeightsLayout.GuidedNewOrder)]
    [InlineData("lucidrains", "LucidrainsUnet", WeightsLayout.Lucidrains)]
    [InlineData("folder", "UNet2DModel", WeightsLayout.Diffusers)]
    public void Every_layout_becomes_a_folder_with_the_same_parameters(string name, string networkClass, WeightsLayout names)
    {
        var source = Source(name);
        var told = new List<double>();
        var report = ModelConverter.Convert(source, folder["out"], new ConversionOptions { Card = "# A card\n" }, new SynchronousProgress<double>(told.Add));
        var found = ModelSource.Open(folder["out"]);
        AssertSame(source, found);
        Assert.Equal((networkClass, names, networkClass == "UNet2DModel"), (report.NetworkClass, report.To, report.OpensInDiffusers));
        Assert.Equal((names, source.Network, source.Scheduler), (found.Layout, found.Network, found.Scheduler));
        Assert.Equal((0, source.Network.Build().ParameterCount), (report.MaxDifference, report.Values));
        Assert.Equal("# A card\n", File.ReadAllText(folder["out/README.md"]));
        Assert.Equal(told.Order(), told);
        Assert.Equal(1, told[^1]);

        // A second conversion changes nothing.
        ModelConverter.Convert(found, folder["again"]);
        foreach (var file in (string[])["unet/config.json", "unet/diffusion_pytorch_model.safetensors", "scheduler/scheduler_config.json", "model_index.json"])
        {
            Assert.Equal(File.ReadAllBytes(folder[$"out/{file}"]), File.ReadAllBytes(folder[$"again/{file}"]));
        }
    }

    [Fact]
    public void What_is_no_part_of_the_network_is_reported()
    {
        var module = new ErmongroupFlags().Module();
        Write("ckpt.safetensors", [.. module.Values("0.module."), KeyValuePair.Create("1.state.0.exp_avg", new HostTensor([1], [1])), .. module.Values("4.", 2)]);
        var report = ModelConverter.Convert(ModelSource.Open(folder["ckpt.safetensors"], facts: Size), folder["out"]);
        Assert.Equal(module.Tensors.Count + 1, report.Unused.Count);
        Assert.Contains("1.state.0.exp_avg", report.Unused);
        Assert.Equal(module.Tensors.Count, report.Parameters);
        Assert.Single(report.Notes);
        AssertSame(ModelSource.Open(folder["ckpt.safetensors"], facts: Size), ModelSource.Open(folder["out"]));
    }

    [Fact]
    public void Sixteen_bits_round_to_the_nearest_and_say_by_how_much()
    {
        var source = Source("guided");
        var report = ModelConverter.Convert(source, folder["out"], new ConversionOptions { Half = true });
        Assert.InRange(report.MaxDifference, 1e-6, Math.ScaleB(1, -11));
        using var expected = source.OpenWeights();
        using var found = ModelSource.Open(folder["out"]).OpenWeights();
        Assert.All(expected.ReadAll().Zip(found.ReadAll()), p => Assert.Equal(p.First.Value.Data.Select(v => (float)(Half)v), p.Second.Value.Data));
        using var file = TensorFiles.Open(ModelSource.Open(folder["out"]).WeightsPath);
        Assert.All(file.Tensors.Values, t => Assert.Equal(TensorDtype.F16, t.Dtype));
    }

    [Fact]
    public void A_value_too_large_for_sixteen_bits_is_refused_and_nothing_is_left()
    {
        Write("m.safetensors", [.. new ErmongroupFlags().Module().Values().Select((v, i) => i == 5 ? KeyValuePair.Create(v.Key, new HostTensor([.. v.Value.Shape], [.. v.Value.Data.Select(_ => 65520f)])) : v)]);
        var e = Assert.Throws<DiffusionException>(() => ModelConverter.Convert(ModelSource.Open(folder["m.safetensors"], facts: Size), folder["out"], new ConversionOptions { Half = true }));
        Assert.Equal(ErrorKind.NonFinite, e.Kind);
        Assert.Contains("65520", e.Message);
        Assert.Equal([folder["m.safetensors"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("ermongroup")]
    [InlineData("ermongroup, pooled")]
    public void The_authors_layout_is_written_beside_and_is_the_source_again(string name)
    {
        var source = Source(name);
        ModelConverter.Convert(source, folder["out"], new ConversionOptions { Ermongroup = true, Half = true });
        var back = ModelSource.Open(folder["out/ermongroup/model.safetensors"]);
        AssertSame(source, back);
        Assert.Equal((source.Network, source.Scheduler.ToSchedule()), (back.Network, back.Scheduler.ToSchedule()));
        Assert.Empty(back.Notes);
        using var file = TensorFiles.Open(back.WeightsPath);
        var module = (name == "ermongroup" ? new ErmongroupFlags() : Pooled).Module();
        Assert.Equal(module.Tensors.Select(Line).Order(), file.Tensors.Select(t => Line(KeyValuePair.Create(t.Key, t.Value.Shape.ToArray()))).Order());
    }

    // Names and shapes as the authors' own code saved them.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("01_unet_ch32_m21_r1_a8_16px")]
    [InlineData("01_unet_ch32_m11_r2_a16_noconv_32px")]
    public void The_authors_state_dict_comes_out_as_it_went_in(string name)
    {
        var path = new GoldenCase(name).Path("model.safetensors");
        ModelConverter.Convert(ModelSource.Open(path), folder["out"], new ConversionOptions { Ermongroup = true });
        using var expected = TensorFiles.Open(path);
        using var found = TensorFiles.Open(folder["out/ermongroup/model.safetensors"]);
        Assert.Equal(expected.Tensors.Keys.Order(), found.Tensors.Keys.Order());
        Assert.All(expected.Tensors, t =>
        {
            Assert.Equal(t.Value.Shape, found.Tensors[t.Key].Shape);
            Assert.Equal(expected.ReadBytes(t.Key), found.ReadBytes(t.Key));
        });
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("groups")]
    [InlineData("oblong")]
    [InlineData("cosine")]
    [InlineData("v-prediction")]
    [InlineData("lucidrains")]
    public void What_the_authors_code_has_not_is_refused(string change)
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 8, change == "oblong" ? 16 : 8), 32, [1, 2], 1, [4]);
        unet = change switch { "labels" => unet with { NumClassEmbeds = 3 }, "groups" => unet with { NormNumGroups = 16 }, _ => unet };
        var scheduler = SchedulerConfig.FromSchedule(change == "cosine" ? NoiseSchedule.Cosine() : NoiseSchedule.Linear(), change == "v-prediction" ? PredictionType.VPrediction : PredictionType.Epsilon);
        ModelFolder.Save(folder["in"], unet, scheduler, RandomWeights.Create(unet.Build(), 1));
        var source = change == "lucidrains" ? Source(change) : ModelSource.Open(folder["in"]);
        var e = Assert.Throws<DiffusionException>(() => ModelConverter.Convert(source, folder["out"], new ConversionOptions { Ermongroup = true }));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("the DDIM authors' code", e.Message);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void Stopped_half_way_it_leaves_nothing(double at)
    {
        var source = Source("ermongroup");
        var before = Directory.GetFileSystemEntries(folder.Path);
        using var stop = new CancellationTokenSource();
        void Stop(double part)
        {
            if (part >= at)
            {
                stop.Cancel();
            }
        }

        Assert.Throws<OperationCanceledException>(() => ModelConverter.Convert(source, folder["out"], new ConversionOptions { Ermongroup = true }, new SynchronousProgress<double>(Stop), stop.Token));
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Neither_a_folder_that_holds_something_nor_the_source_is_written_over()
    {
        var source = Source("lucidrains");
        Directory.CreateDirectory(folder["out"]);
        ModelConverter.Convert(source, folder["out"]);
        var other = Source("guided");
        var there = Assert.Throws<DiffusionException>(() => ModelConverter.Convert(other, folder["out"]));
        Assert.Equal(ErrorKind.Usage, there.Kind);
        Assert.Contains("holds model_index.json, scheduler, unet already", there.Message, StringComparison.Ordinal);
        AssertSame(source, ModelSource.Open(folder["out"]));

        var e = Assert.Throws<DiffusionException>(() => ModelConverter.Convert(ModelSource.Open(folder["out"]), Path.Combine(folder["out"], ".")));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        AssertSame(source, ModelSource.Open(folder["out"]));
    }

    [Fact]
    public void A_damaged_archive_is_refused_by_its_checksums()
    {
        var module = new ErmongroupFlags().Module();
        File.WriteAllBytes(folder["m.pt"], TorchWriter.Zip(TorchDict.FromTensors(module.Values())));
        var source = ModelSource.Open(folder["m.pt"], facts: Size);
        Assert.InRange(ModelConverter.Convert(source, folder["out"]).Verified, 4 * module.Parameters, new FileInfo(folder["m.pt"]).Length);
        AssertSame(source, ModelSource.Open(folder["out"]));

        // A bit of a weight, which nothing but its checksum can tell.
        using (var file = TensorFiles.Open(folder["m.pt"]))
        {
            var bytes = File.ReadAllBytes(folder["m.pt"]);
            bytes[file.Tensors["conv_in.weight"].Offset + 5] ^= 1;
            File.WriteAllBytes(folder["bad.pt"], bytes);
        }

        var e = Assert.Throws<DiffusionException>(() => ModelConverter.Convert(ModelSource.Open(folder["bad.pt"], facts: Size), folder["other"]));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("bad.pt", e.Message);
        Assert.False(Directory.Exists(folder["other"]));
    }

    [Fact]
    public void A_network_without_a_scheduler_is_told_one()
    {
        ModelConverter.Convert(Source("folder"), folder["out"]);
        Directory.Move(folder["out/unet"], folder["alone"]);
        var source = ModelSource.Open(folder["alone"], facts: CheckpointFacts.Parse("noise_schedule=cosine,diffusion_steps=400,prediction=v_prediction,clip=False"));
        Assert.Empty(source.Notes);
        Assert.Equal(NoiseSchedule.Cosine(400), source.Scheduler.ToSchedule());
        Assert.Equal((PredictionType.VPrediction, false), (source.Scheduler.PredictionType, source.Scheduler.ClipSample));
        Assert.Contains("noise_schedule=", Assert.Single(ModelSource.Open(folder["alone"]).Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Facts_are_for_files(bool bare)
    {
        Source("folder");
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(bare ? folder["in/unet"] : folder["in"], facts: Size with { NumHeads = 2 }));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("leave out what is told about it (facts)", e.Message);
    }

    private static readonly CheckpointFacts Size = new() { Height = 8, Width = 8 };

    private static readonly ErmongroupFlags Pooled = new() { ChMult = [2, 1], ResampWithConv = false, AttnResolutions = [] };

    private static string Line(KeyValuePair<string, int[]> tensor) => $"{tensor.Key} {string.Join('x', tensor.Value)}";

    private static void AssertSame(ModelSource source, ModelSource found)
    {
        using var expected = source.OpenWeights();
        using var other = found.OpenWeights();
        Assert.Equal(expected.ReadAll().Select(p => p.Key), other.ReadAll().Select(p => p.Key));
        Assert.All(expected.ReadAll().Zip(other.ReadAll()), p => Assert.Equal(p.First.Value.Data, p.Second.Value.Data));
    }

    private ModelSource Source(string name)
    {
        if (name == "folder")
        {
            var unet = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 32, [1, 2], 1, [4]);
            ModelFolder.Save(folder["in"], unet, new SchedulerConfig(), RandomWeights.Create(unet.Build(), 1));
            return ModelSource.Open(folder["in"]);
        }

        if (name == "lucidrains")
        {
            var config = new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 4, DimMults = [1, 2] };
            Write("l.safetensors", [.. LucidrainsCheckpoint.StateDict(config.Build(), RandomWeights.Create(config.Build(), 1))]);
            return ModelSource.Open(folder["l.safetensors"], facts: Size with { NoiseSchedule = "cosine", Prediction = PredictionType.VPrediction });
        }

        if (name.StartsWith("ermongroup", StringComparison.Ordinal))
        {
            Write("e.safetensors", (name == "ermongroup" ? new ErmongroupFlags() : Pooled).Module().Values());
            return ModelSource.Open(folder["e.safetensors"], facts: Size with { NoiseSchedule = "quad", DiffusionSteps = 200 });
        }

        var flags = new GuidedFlags { AttentionResolutions = [1], NumClasses = 3, ScaleShift = true, ResblockUpdown = true };
        Write("g.safetensors", flags.Module().Values());
        var byNumber = name.EndsWith("heads", StringComparison.Ordinal);
        return ModelSource.Open(folder["g.safetensors"], facts: Size with
        {
            NumHeads = byNumber ? 2 : null,
            NumHeadChannels = byNumber ? null : 16,
            UseNewAttentionOrder = name.Contains("new order", StringComparison.Ordinal),
        });
    }

    private void Write(string name, IReadOnlyList<KeyValuePair<string, HostTensor>> tensors) => SafetensorsWriter.Write(folder[name], tensors);
}
