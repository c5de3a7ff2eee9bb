using DiffusionSharp.Cli.Tests.Kit;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary><c>ddim inspect</c> on files of tensors.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_checkpoint_says_whose_it_is_and_what_was_assumed()
    {
        var ckpt = TinyCheckpoint.Ermongroup(scratch["ckpt.pth"]);
        var found = ddim.Json("inspect", ckpt, "--about", "image_size=8");

        Assert.Equal(("torch.save (zip)", 289, "289 F32"), ((string)found["kind"]!, (int)found["count"]!, (string)found["types"]!));
        Assert.Equal("ermongroup/ddim, weights", (string)found["networks"]!["0.module"]!);
        Assert.Equal("ermongroup/ddim, moving average (EMA)", (string)found["networks"]!["4"]!);
        Assert.Equal(("3×8×8", 32), ((string)found["network"]!["images"]!, (int)found["network"]!["channels"]![0]!));
        Assert.Contains("linear schedule", (string)found["assumed"]![0]!, StringComparison.Ordinal);
        Assert.Equal("F32 [32, 3, 3, 3]", (string)found["tensors"]!["4.conv_in.weight"]!);

        var text = ddim.Done("inspect", ckpt, "--raw", "--about", "image_size=8");
        Assert.Contains("0.module", text, StringComparison.Ordinal);
        Assert.DoesNotContain("temb_proj", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_a_fact_and_no_error()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        var found = ddim.Json("inspect", guided);
        Assert.Contains("(num_head_channels=64,image_size=64", (string)found["to sample it"]!, StringComparison.Ordinal);
        Assert.Null(found["network"]);
        Assert.Null(ddim.Json("inspect", guided, "--about", TinyCheckpoint.GuidedAbout)["to sample it"]);
        Assert.Contains("to sample it", ddim.Done("inspect", TinyCheckpoint.Lucidrains(scratch["l.pt"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Somebody_elses_state_dict_is_printed_as_a_tree()
    {
        TinyCheckpoint.Zip(scratch["own.pt"], [
            KeyValuePair.Create("net.encoder.conv1.weight", new HostTensor([2, 1, 1, 1], [1, 2])),
            KeyValuePair.Create("net.encoder.conv1.bias", new HostTensor([2], [1, 2])),
            KeyValuePair.Create("net.head.0", new HostTensor([], [1]))]);

        Assert.Contains("none that is known by its names", (string)ddim.Json("inspect", scratch["own.pt"])["networks"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("tensors\n", ddim.Done("inspect", scratch["own.pt"]), StringComparison.Ordinal);
        Assert.EndsWith(
            """
            tensors
              net
                encoder.conv1
                  weight  F32 [2, 1, 1, 1]
                  bias  F32 [2]
                head.0  F32 []

            """,
            ddim.Done("inspect", scratch["own.pt"], "--tensors"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_container_is_known_by_its_content()
    {
        var dict = TorchDict.FromTensors(new ErmongroupFlags().Module().Values());
        foreach (var (name, kind, bytes) in ((string, string, byte[])[])[
            ("zip.weights", "torch.save (zip)", TorchWriter.Zip(dict)), ("legacy.weights", "torch.save before PyTorch 1.6", TorchWriter.Legacy(dict)), ("safe.weights", "safetensors", TorchWriter.Safetensors(dict))])
        {
            File.WriteAllBytes(scratch[name], bytes);
            var found = ddim.Json("inspect", scratch[name], "--about", "image_size=8");
            Assert.Equal((kind, "ermongroup/ddim, weights", dict.Tensors.Length), ((string)found["kind"]!, (string)found["networks"]!["at the top"]!, (int)found["count"]!));
        }
    }

    [Fact]
    public void Folders_of_all_kinds()
    {
        var guided = TinyCheckpoint.Guided(scratch["model.pt"]);
        ddim.Done("convert", guided, scratch["m"], "--about", TinyCheckpoint.GuidedAbout);
        Assert.Equal("model folder", (string)ddim.Json("inspect", scratch["m"])["kind"]!);
        var network = ddim.Json("inspect", scratch["m/unet"]);
        Assert.Contains("the scheduler is that of", (string)network["assumed"]![0]!, StringComparison.Ordinal);
        ddim.Done("train", "builtin:shapes", "--size", "16", "--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2", "--steps", "1", "--out", scratch["run"]);
        Assert.All([false, true], raw => Assert.EndsWith(raw ? "unet.safetensors" : "ema-0.9999.safetensors", (string)ddim.Json(["inspect", scratch["run"], .. raw ? ["--raw"] : Array.Empty<string>()])["weights"]!, StringComparison.Ordinal));
        Directory.CreateDirectory(scratch["empty"]);
        ddim.Fails(ErrorKind.Data, "empty", "inspect", scratch["empty"]);
        ddim.Fails(ErrorKind.Usage, "leave out what is told about it", "inspect", scratch["m"], "--about", "noise_schedule=linear");
        ddim.Fails(ErrorKind.Usage, "raw weights are kept", "inspect", scratch["m"], "--raw");
    }

    [Theory]
    [InlineData("cut.pt")]
    [InlineData("cut.safetensors")]
    [InlineData("system.pt")]
    [InlineData("words.ckpt")]
    [InlineData("nothing.bin")]
    public void Damaged_and_hostile_files_are_code_8_with_the_reason(string name)
    {
        var dict = TorchDict.FromTensors(new ErmongroupFlags().Module().Values());
        File.WriteAllBytes(scratch[name], name switch
        {
            "cut.pt" => TorchWriter.Zip(dict)[..^1000],
            "cut.safetensors" => TorchWriter.Safetensors(dict)[..^1],
            "system.pt" => TorchWriter.Zip([0x80, 2, .. "cposix\nsystem\nX\u0004\0\0\0exit\u0085R."u8]).ToBytes(),
            "words.ckpt" => [.. "just words"u8],
            _ => [],
        });
        ddim.Fails(ErrorKind.ModelFile, name == "system.pt" ? "posix.system" : name, "inspect", scratch[name]);
    }
}
