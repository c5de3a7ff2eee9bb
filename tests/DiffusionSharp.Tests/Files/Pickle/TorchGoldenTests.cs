using System.Globalization;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Layouts;
using TestKit;

namespace DiffusionSharp.Tests.Files.Pickle;

/// <summary>Files that PyTorch's own torch.save wrote, bit for bit.</summary>
public class TorchGoldenTests
{
    private static readonly Dictionary<string, TensorDtype> Dtypes = new(StringComparer.Ordinal)
    {
        ["f64"] = TensorDtype.F64,
        ["f32"] = TensorDtype.F32,
        ["f16"] = TensorDtype.F16,
        ["bf16"] = TensorDtype.BF16,
        ["i64"] = TensorDtype.I64,
        ["i32"] = TensorDtype.I32,
        ["i16"] = TensorDtype.I16,
        ["i8"] = TensorDtype.I8,
        ["u8"] = TensorDtype.U8,
        ["bool"] = TensorDtype.BOOL,
    };

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("mixed_zip.pth", TensorContainer.TorchZip)]
    [InlineData("mixed_zip_proto4.pth", TensorContainer.TorchZip)]
    [InlineData("mixed_legacy.pth", TensorContainer.TorchLegacy)]
    public void Every_kind_of_tensor_is_read_bit_for_bit(string name, TensorContainer container)
    {
        var golden = new GoldenCase("01_mixed_dtypes");
        using var file = TensorFiles.Open(golden.Path(name));
        Assert.Equal(container, file.Container);
        Assert.Equal(new FileInfo(golden.Path(name)).Length, file.Length);
        var expected = golden.Json.GetProperty("tensors").EnumerateObject().ToDictionary(p => p.Name["expected/".Length..], p => p.Value);
        Assert.Equal(expected.Keys, file.Tensors.Keys);
        foreach (var (tensor, json) in expected)
        {
            Assert.Equal(Dtypes[json.GetProperty("dtype").GetString()!], file.Tensors[tensor].Dtype);
            Assert.Equal(json.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()), file.Tensors[tensor].Shape);
            Assert.Equal(File.ReadAllBytes(golden.Path(json.GetProperty("file").GetString()!)), file.ReadBytes(tensor));
        }

        Assert.Equal(container == TensorContainer.TorchZip, file.Verify(cancellationToken: TestContext.Current.CancellationToken) > 0);
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void Nested_containers_become_paths_and_other_values_text()
    {
        var golden = new GoldenCase("01_mixed_dtypes");
        using var file = TensorFiles.Open(golden.Path("nested_zip.pth"));
        Assert.Equal(["state_dict.f32", "state_dict.f16"], file.Tensors.Keys);
        Assert.Equal(File.ReadAllBytes(golden.Path("expected/f32.bin")), file.ReadBytes("state_dict.f32"));
        var expected = new Dictionary<string, string>
        {
            ["hyper.lr"] = "0.0002",
            ["hyper.betas.0"] = "0.9",
            ["hyper.betas.1"] = "0.999",
            ["hyper.name"] = "naïve-ü",
            ["hyper.none"] = "None",
            ["hyper.big"] = "1180591620717411303424",
            ["hyper.neg"] = "-5",
            ["hyper.flag"] = "True",
            ["hyper.list.0"] = "1",
            ["hyper.list.1.0"] = "2.5",
            ["hyper.list.1.1"] = "x",
            ["hyper.set.0"] = "1",
            ["hyper.set.1"] = "2",
            ["size"] = "[3, 4]",
            ["dtype"] = "torch.float16",
            ["device"] = "cpu",
        };
        Assert.Equal(expected.OrderBy(p => p.Key), file.Values.OrderBy(p => p.Key));
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void NumPy_values_are_tensors_and_numbers()
    {
        var golden = new GoldenCase("01_mixed_dtypes");
        using var file = TensorFiles.Open(golden.Path("numpy_inside.pth"));
        Assert.Equal(["state_dict.w", "arr"], file.Tensors.Keys);
        Assert.Equal(File.ReadAllBytes(golden.Path("expected/f32.bin")), file.ReadBytes("state_dict.w"));
        Assert.Equal([2, 3], file.Tensors["arr"].Shape);
        Assert.Equal([0, 1, 2, 3, 4, 5], file.ReadFloat32("arr").Data);
        Assert.Equal("77", file.Values["global_step"]);
        Assert.Equal("3", file.Values["epoch"]);
        Assert.Equal("0.125", file.Values["loss"]);
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("refuse_posix_getcwd.pth", "posix.getcwd")]
    [InlineData("refuse_builtins_eval.pth", "builtins.eval")]
    public void A_program_is_refused_by_name(string name, string global)
    {
        var path = new GoldenCase("01_mixed_dtypes").Path(name);
        var e = Assert.Throws<DiffusionException>(() => TensorFiles.Open(path));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains($"'{global}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    /// <summary>The rules are the goldens' README: names without module., and of training checkpoints model.*, ema.* and adam.*.</summary>
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [InlineData("01_unet_ch32_m11_r2_a16_noconv_32px", "model.ckpt")]
    [InlineData("01_unet_ch32_m21_r1_a8_16px", "model.ckpt")]
    [InlineData("03_train_ch32_m11_8px", "init.ckpt")]
    [InlineData("03_train_ch32_m11_8px", "ckpt_1.pth")]
    [InlineData("03_train_ch32_m11_8px", "ckpt_3_legacy.pth")]
    [InlineData("06_diffusers_unet2d_cifar10like", "old_names/diffusion_pytorch_model.bin")]
    public void A_checkpoint_equals_its_safetensors_twin(string name, string checkpoint)
    {
        var golden = new GoldenCase(name);
        using var file = TensorFiles.Open(golden.Path(checkpoint));
        using var twin = TensorFiles.Open(golden.Path(checkpoint.StartsWith("old_names", StringComparison.Ordinal)
            ? "diffusion_pytorch_model.safetensors"
            : Path.ChangeExtension(checkpoint, ".safetensors")));
        var parameters = file.Tensors.Keys.Where(n => n.StartsWith("0.module.", StringComparison.Ordinal)).Select(n => n["0.module.".Length..]).ToArray();
        var names = file.Tensors.Keys.ToDictionary(n => TwinName(n, parameters), n => n);
        Assert.Equal(twin.Tensors.Keys.Select(AttentionNames.ToOld).Order(StringComparer.Ordinal), names.Keys.Where(n => !n.StartsWith("adam.step", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var (key, info) in twin.Tensors)
        {
            var stored = names[AttentionNames.ToOld(key)];
            Assert.Equal(info.Dtype, file.Tensors[stored].Dtype);
            Assert.Equal(info.Shape, file.Tensors[stored].Shape);
            Assert.Equal(twin.ReadBytes(key), file.ReadBytes(stored));
        }
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void Every_checkpoint_there_is_opens_and_its_checksums_are_right()
    {
        string[] endings = [".pt", ".pth", ".ckpt", "pytorch_model.bin"];
        var files = Directory.EnumerateFiles(Shared.Path("goldens"), "*", SearchOption.AllDirectories)
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)) && !Path.GetFileName(f).StartsWith("refuse_", StringComparison.Ordinal)).ToArray();
        Assert.True(files.Length >= 14, $"{files.Length} checkpoints");
        foreach (var path in files)
        {
            using var file = TensorFiles.Open(path);
            Assert.Equal(file.Container == TensorContainer.TorchZip, file.Verify(cancellationToken: TestContext.Current.CancellationToken) > 0);
            Assert.NotEmpty(file.Tensors);
            Assert.All(file.Tensors.Values, t => Assert.Equal(t.ByteLength, file.ReadBytes(t).Length));
        }
    }

    private static string TwinName(string name, string[] parameters) => name.Split('.') switch
    {
        ["0", "module", .. var rest] => $"model.{string.Join('.', rest)}",
        ["1", "state", var index, var what] => $"adam.{what}.{parameters[int.Parse(index, CultureInfo.InvariantCulture)]}",
        ["4", .. var rest] => $"ema.{string.Join('.', rest)}",
        ["module", .. var rest] => string.Join('.', rest),
        _ => name,
    };
}
