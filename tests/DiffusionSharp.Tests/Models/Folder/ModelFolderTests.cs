using System.Text.Json;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Tests.Models.Configs;
using TestKit;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Folder;

public class ModelFolderTests
{
    private static readonly UNetConfig Small = new()
    {
        Height = 8,
        Width = 8,
        BlockOutChannels = [4, 8],
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D"],
        UpBlockTypes = ["AttnUpBlock2D", "UpBlock2D"],
        LayersPerBlock = 1,
        NormNumGroups = 2,
    };

    [Fact]
    public void A_model_comes_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var weights = Weights(Small, 0);
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig { BetaSchedule = "squaredcos_cap_v2" }, weights.Reverse(), "# A model\n");
        var model = ModelFolder.Open(folder["m"]);
        Assert.Equal(Small, model.Network);
        Assert.Equal("squaredcos_cap_v2", model.Scheduler.BetaSchedule);
        AssertEqual(weights, Read(model));
        Assert.Equal(
            ["README.md", "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"],
            Files(folder["m"]));
        var index = JsonDocument.Parse(File.ReadAllText(folder["m/model_index.json"])).RootElement;
        Assert.Equal("DDIMPipeline", index.GetProperty("_class_name").GetString());
        Assert.Equal("diffusers UNet2DModel", string.Join(' ', index.GetProperty("unet").EnumerateArray()));
        Assert.Equal("diffusers DDIMScheduler", string.Join(' ', index.GetProperty("scheduler").EnumerateArray()));
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.safetensors")]
    [InlineData("diffusion_pytorch_model.bin")]
    [InlineData("diffusion_pytorch_model.fp16.safetensors")]
    [InlineData("diffusion_pytorch_model.fp16.bin")]
    public void A_networks_folder_alone_is_a_model_with_an_assumed_schedule(string file)
    {
        using var folder = new TemporaryFolder();
        var weights = Weights(Small, 4);
        Directory.CreateDirectory(folder["net"]);
        File.WriteAllText(folder["net/config.json"], UNetConfigJson.ToJson(Small));
        Assert.False(ModelFolder.IsModel(folder["net"]));
        var dict = TorchDict.FromTensors([.. weights]);
        File.WriteAllBytes(folder[$"net/{file}"], file.EndsWith("bin", StringComparison.Ordinal) ? TorchWriter.Zip(dict) : TorchWriter.Safetensors(dict));
        Assert.True(ModelFolder.IsModel(folder["net"]));
        var model = ModelFolder.Open(folder["net"]);
        Assert.Equal((Small, folder[$"net/{file}"]), (model.Network, model.WeightsPath));
        Assert.Equal(NoiseSchedule.Linear(), model.Scheduler.ToSchedule());
        Assert.Contains("linear schedule", Assert.Single(model.Notes));
        AssertEqual(weights, Read(model));
    }

    [Fact]
    public void Unknown_tensor_names_are_refused_and_those_of_the_layouts_come_back()
    {
        foreach (var layout in Enum.GetValues<WeightsLayout>().Where(l => l != WeightsLayout.Lucidrains))
        {
            using var folder = new TemporaryFolder();
            File.WriteAllText(folder["config.json"], UNetConfigJson.ToJson(Small, layout));
            Assert.Equal((Small, layout, false), NetworkConfigJson.Read(folder["config.json"]));
            Assert.Equal(layout != WeightsLayout.Diffusers, File.ReadAllText(folder["config.json"]).Contains("_tensor_names", StringComparison.Ordinal));
        }

        using var other = new TemporaryFolder();
        File.WriteAllText(other["config.json"], UNetConfigJson.ToJson(Small, WeightsLayout.Guided).Replace("guided-diffusion", "somebody's"));
        var e = Assert.Throws<DiffusionException>(() => NetworkConfigJson.Read(other["config.json"]));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("_tensor_names", e.Message);
    }

    // Made by hand, or by somebody who means harm.
    [Theory]
    [InlineData(WeightsLayout.Lucidrains, false, "is not for the class UNet2DModel")]
    [InlineData(WeightsLayout.Guided, true, "is not for the class LucidrainsUnet")]
    [InlineData(WeightsLayout.Diffusers, true, "init_conv.weight")]
    [InlineData(WeightsLayout.Ermongroup, false, "'class_embedding.weight'")]
    public void Names_of_another_network_are_refused(WeightsLayout layout, bool lucidrains, string reason)
    {
        using var folder = new TemporaryFolder();
        var conditional = Small with { NumClassEmbeds = 3 };
        var scheduler = new SchedulerConfig();
        ModelFolder.Save(folder["m"], conditional, scheduler, Weights(conditional, 0));
        File.WriteAllText(folder["m/unet/config.json"], lucidrains ? LucidrainsUNetConfigJson.ToJson(new() { Height = 8, Width = 8 }, layout) : UNetConfigJson.ToJson(conditional, layout));
        var e = Assert.Throws<DiffusionException>(() => ModelFolder.Open(folder["m"]).OpenWeights());
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Saving_again_replaces_the_model_and_keeps_other_files()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), Weights(Small, 0), "card");
        File.WriteAllText(folder["m/mine.txt"], "mine");
        var other = Small with { ResampleWithConv = false };
        ModelFolder.Save(folder["m"], other, new SchedulerConfig { ClassName = "DDPMScheduler" }, Weights(other, 1));
        var model = ModelFolder.Open(folder["m"]);
        Assert.Equal(other, model.Network);
        AssertEqual(Weights(other, 1), Read(model));
        Assert.Equal("mine", File.ReadAllText(folder["m/mine.txt"]));
        Assert.Equal("card", File.ReadAllText(folder["m/README.md"]));
        Assert.Equal([folder["m"]], Directory.GetFileSystemEntries(folder.Path));
        Assert.Contains("DiffusionSharpPipeline", File.ReadAllText(folder["m/model_index.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_flat_layout_and_the_attention_names_of_2022_are_read()
    {
        using var folder = new TemporaryFolder();
        var weights = Weights(Small, 2);
        ModelFolder.Save(folder["new"], Small, new SchedulerConfig(), weights);
        var old = Directory.CreateDirectory(folder["old"]).FullName;
        File.WriteAllText(Path.Combine(old, "model_index.json"), """{"_class_name":"DDPMPipeline","_diffusers_version":"0.1.1","scheduler":["diffusers","DDPMScheduler"],"unet":["diffusers","UNet2DModel"]}""");
        File.Copy(folder["new/unet/config.json"], Path.Combine(old, "config.json"));
        File.WriteAllText(Path.Combine(old, "scheduler_config.json"), SchedulerConfigTests.Ddpm);
        SafetensorsWriter.Write(
            Path.Combine(old, "diffusion_pytorch_model.safetensors"),
            weights.Select(w => KeyValuePair.Create(
                w.Key.Replace("to_q", "query").Replace("to_k", "key").Replace("to_v", "value").Replace("to_out.0", "proj_attn"), w.Value)));
        var model = ModelFolder.Open(old);
        Assert.Equal("fixed_large", model.Scheduler.VarianceType);
        AssertEqual(weights, Read(model));

        // A config.json that is no run's.
        using var opened = DiffusionSharp.Models.ModelSource.Open(old).OpenWeights();
        AssertEqual(weights, opened.ReadAll());
    }

    [Theory]
    [InlineData("mid_block.attentions.0.proj_attn.weight", "mid_block.attentions.0.to_out.0.weight")]
    [InlineData("down_blocks.1.attentions.10.query.bias", "down_blocks.1.attentions.10.to_q.bias")]
    [InlineData("down_blocks.1.attentions.0.key.weight", "down_blocks.1.attentions.0.to_k.weight")]
    [InlineData("up_blocks.1.attentions.0.value.weight", "up_blocks.1.attentions.0.to_v.weight")]
    [InlineData("down_blocks.1.resnets.0.to_k.bias", "down_blocks.1.resnets.0.to_k.bias")]
    [InlineData("conv_in.weight", "conv_in.weight")]
    public void Attention_names_of_2022(string old, string current) => Assert.Equal(old, AttentionNames.ToOld(current));

    [Fact]
    public void What_is_missing_is_named()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), Weights(Small, 0));
        Refused(() => ModelFolder.Open(folder["none"]), folder["none"], "no model folder");
        foreach (var file in Files(folder["m"]))
        {
            File.Move(folder["m/" + file], folder["aside"]);
            Refused(() => ModelFolder.Open(folder["m"]), file, "lacks");
            File.Move(folder["aside"], folder["m/" + file]);
        }

        File.WriteAllText(folder["m/model_index.json"], """{"_class_name":"StableDiffusionPipeline"}""");
        Refused(() => ModelFolder.Open(folder["m"]), "StableDiffusionPipeline", "DDIMPipeline");
    }

    [Fact]
    public void Weights_that_do_not_fit_are_listed_by_name()
    {
        using var folder = new TemporaryFolder();
        var weights = Weights(Small, 0);
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), weights);
        var damaged = weights.Skip(1).Append(new("extra.weight", new HostTensor([1], [0])))
            .Select(w => w.Key == "conv_out.bias" ? new("conv_out.bias", new HostTensor([4], new float[4])) : w).ToList();
        var file = folder["m/unet/diffusion_pytorch_model.safetensors"];
        SafetensorsWriter.Write(file, damaged);
        Refused(
            () => Read(ModelFolder.Open(folder["m"])),
            file, "1 missing: " + weights[0].Key, "1 unexpected: extra.weight", "1 of the wrong shape: conv_out.bias [4] instead of [3]");
        SafetensorsWriter.Write(file, weights.Take(3));
        Refused(() => Read(ModelFolder.Open(folder["m"])), $"{weights.Length - 3} missing: ", "…");
        Assert.Throws<ArgumentException>(() => ModelFolder.Save(folder["n"], Small, new SchedulerConfig(), damaged));
        Assert.False(Directory.Exists(folder["n"]));
    }

    [Fact]
    public void A_failure_while_saving_leaves_the_old_model()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["m"], Small, new SchedulerConfig(), Weights(Small, 0));
        Assert.Throws<DiffusionException>(() => ModelFolder.Save(folder["m"], Small, new SchedulerConfig { BetaSchedule = "sigmoid" }, Weights(Small, 1)));
        Directory.CreateDirectory(folder["file"]);
        File.WriteAllText(folder["file/x"], "");
        var e = Assert.Throws<DiffusionException>(() => ModelFolder.Save(folder["file/x"], Small, new SchedulerConfig(), Weights(Small, 1)));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        AssertEqual(Weights(Small, 0), Read(ModelFolder.Open(folder["m"])));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void A_network_that_diffusers_saved_fits()
    {
        using var folder = new TemporaryFolder();
        var golden = Shared.Path("goldens", "06_diffusers_unet2d_cifar10like");
        File.Copy(Path.Combine(golden, "config.json"), folder["config.json"]);
        File.Copy(Path.Combine(golden, "diffusion_pytorch_model.safetensors"), folder["diffusion_pytorch_model.safetensors"]);
        File.WriteAllText(folder["scheduler_config.json"], SchedulerConfigTests.Ddpm);
        File.WriteAllText(folder["model_index.json"], """{"_class_name":"DDPMPipeline"}""");
        var weights = Read(ModelFolder.Open(folder.Path));
        Assert.Equal(103_875, weights.Sum(w => w.Value.Data.Length));
    }

    private static KeyValuePair<string, HostTensor>[] Weights(UNetConfig config, int salt) =>
        [.. UNet.Build(config).Parameters.Select((p, i) => KeyValuePair.Create(
            p.Name, new HostTensor([.. p.Shape], [.. Enumerable.Range(0, (int)p.Elements).Select(j => (float)((j * 31) + i + salt))])))];

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static void AssertEqual(IEnumerable<KeyValuePair<string, HostTensor>> expected, IReadOnlyList<KeyValuePair<string, HostTensor>> found)
    {
        Assert.Equal(expected.Select(w => w.Key), found.Select(w => w.Key));
        foreach (var (a, b) in expected.Zip(found))
        {
            Assert.Equal(a.Value.Shape, b.Value.Shape);
            Assert.Equal(a.Value.Data, b.Value.Data);
        }
    }

    private static IReadOnlyList<KeyValuePair<string, HostTensor>> Read(ModelFolder model)
    {
        using var weights = model.OpenWeights();
        return weights.ReadAll();
    }

    private static void Refused(Action action, params string[] parts)
    {
        var e = Assert.Throws<DiffusionException>(action);
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        foreach (var part in parts)
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }
    }
}
