using System.Text;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Messages that once misled: each says what was found and what to do in words that the user has typed or can type.</summary>
public sealed class MessageTests : IDisposable
{
    private static readonly string[] Tiny = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2"];
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public MessageTests()
    {
        model = TinyModel.Save(scratch["model"]);
        for (var i = 0; i < 4; i++)
        {
            Picture($"photos/{i}.png", (byte)i);
        }
    }

    public void Dispose() => scratch.Dispose();

    private string Run => scratch["run"];

    private string[] Train => ["train", scratch["photos"], "--out", Run, .. Tiny, "--steps", "1"];

    [Theory]
    [InlineData(ErrorKind.Usage, "the solver unipc3 has no eta; leave it out, or choose the solver ddim", "sample --solver unipc3 --eta 1")]
    [InlineData(ErrorKind.Usage, "the solver dpm++2m has no eta", "plan --solver dpm++2m --eta 1")]
    [InlineData(ErrorKind.Usage, "DDPM is ddim with --eta 1", "sample --solver ddpm")]
    [InlineData(ErrorKind.Usage, "--class dog: the model MODEL knows no classes; leave --class out", "sample --class dog")]
    [InlineData(ErrorKind.Usage, "--labels 1: the model MODEL knows no classes; leave --labels out", "sample --labels 1")]
    [InlineData(ErrorKind.Usage, "name it x.png, x.apng, or a folder", "sequence --out x.gif")]
    [InlineData(ErrorKind.Usage, "sample: --eta: found 2; give a number", "sample --eta 2")]
    [InlineData(ErrorKind.Usage, "--steps: found '0'; at least 1 step", "sample --steps 0")]
    [InlineData(ErrorKind.Usage, "--steps: found 2000; of the model's T = 100", "sample --steps 2000")]
    [InlineData(ErrorKind.Usage, "--steps: found 101; of the model's T = 100", "invert photos --steps 101")]
    [InlineData(ErrorKind.Usage, "predict: --input and --timesteps and --output are missing", "predict")]
    public void Options_are_spelled_as_they_are_typed(ErrorKind kind, string words, string command)
    {
        // What is refused before the weights are read is refused whatever they are.
        File.WriteAllText(Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors"), "damaged");
        if (words.Contains("MODEL", StringComparison.Ordinal) || command.Contains("--eta 1", StringComparison.Ordinal))
        {
            TinyModel.Save(scratch["other"]);
        }

        var with = Directory.Exists(scratch["other"]) ? scratch["other"] : model;
        ddim.Fails(kind, words.Replace("MODEL", with, StringComparison.Ordinal), [.. command.Split(' '), "--model", with]);
    }

    [Fact]
    public void Missing_words_are_listed_together()
    {
        ddim.Fails(ErrorKind.Usage, "convert: IN and OUT are missing (", "convert");
        ddim.Fails(ErrorKind.Usage, "convert: OUT is missing (", "convert", model);
        var (code, _, error) = ddim.Run("train");
        Assert.Equal(2, code);
        Assert.All(["--out is missing", "the data is missing"], words => Assert.Contains(words, error, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_class_is_named_by_the_option_that_was_written()
    {
        var labelled = TinyModel.Save(scratch["labelled"], classes: 3);
        ddim.Fails(ErrorKind.Usage, "--class: found 'dog'; give a number in 0…2", "sample", "--model", labelled, "--class", "dog");
    }

    [Fact]
    public void Broken_pictures_are_allowed_only_where_that_can_be_said()
    {
        File.WriteAllText(scratch["photos/b.png"], "no picture");
        ddim.Fails(ErrorKind.Data, "allow more (max bad)", [.. Train, "--size", "8"]);
        var (code, _, error) = ddim.Run("invert", scratch["photos"], "--model", model, "--steps", "2", "--out", scratch["z.npy"]);
        Assert.Equal(ExitCodes.Of(ErrorKind.Data), code);
        Assert.Contains("Remove or repair them", error, StringComparison.Ordinal);
        Assert.DoesNotContain("allow more", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("score")]
    [InlineData("invert")]
    [InlineData("data check")]
    [InlineData("sample --from")]
    public void What_is_not_there_is_said_to_be_absent(string command)
    {
        var (code, _, error) = ddim.Run([.. command.Split(' '), scratch["nope.png"], .. command == "invert" ? ["--model", model] : Array.Empty<string>()]);
        Assert.Equal(ExitCodes.Of(ErrorKind.Data), code);
        Assert.Matches($"^ddim: {scratch["nope.png"]}: there is no such file( or folder)?; check the name\n$", error);
    }

    [Fact]
    public void A_file_in_the_way_of_a_folder_is_said()
    {
        var file = scratch.Text("m00.png", "");
        ddim.Fails(ErrorKind.Usage, $"--out {file}: a file of this name is there", "train", "builtin:shapes", "--out", file);
        ddim.Fails(ErrorKind.Usage, "a file of this name is there", "train", "builtin:shapes", "--out", scratch.Text("plain", ""));
        ddim.Fails(ErrorKind.Usage, "a file of this name is there", "sweep", "--model", model, "--out", scratch["plain"]);
    }

    [Fact]
    public void Where_nothing_can_be_written_is_said()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has /proc");
        ddim.Fails(ErrorKind.Storage, "cannot write '/proc/x.png': nothing can be written there", "sample", "--model", model, "--count", "1", "--steps", "1", "--out", "/proc/x.png");
    }

    [Fact]
    public void A_picture_of_another_recipe_says_which_option_differs()
    {
        string[] command = ["sample", "--model", model, "--count", "1", "--out", scratch["out/"], "--steps"];
        ddim.Done([.. command, "2"]);
        ddim.Fails(ErrorKind.Usage, "made by another recipe: --steps was 2 and is 3; choose", [.. command, "3"]);
        ddim.Fails(ErrorKind.Usage, "made by another recipe: --eta was not given and is 0.5; choose", [.. command, "2", "--eta", "0.5"]);
        TinyModel.Save(model + "2", seed: 2);
        command[2] = model + "2";
        ddim.Fails(ErrorKind.Usage, ", model was ", [.. command, "2"]);
    }

    [Fact]
    public void A_run_keeps_its_size_and_classes_and_says_so_before_all_else()
    {
        ddim.Done([.. Train, "--size", "30"]);
        var (code, _, error) = ddim.Run("train", "--out", Run, "--size", "16", "--classes", "folders");
        Assert.Equal(ExitCodes.Of(ErrorKind.Configuration), code);
        Assert.Contains("--size: found 16; the run has size 30; --classes: the run was begun without classes. Leave that out", error, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Device, "libtorch", "train", "--out", Run, "--size", "16", "--device", "cuda:9");
        ddim.Done("train", "--out", Run, "--size", "30", "--steps", "2");
    }

    [Fact]
    public void Changed_data_is_said_with_how_much_it_is()
    {
        ddim.Done([.. Train, "--size", "8"]);
        Picture("photos/more.png", 9);
        ddim.Fails(ErrorKind.Configuration, "the data changed, 4 images before and 5 now: folder 4 images 3×8×8 ", "train", "--out", Run, "--steps", "2");
        File.Delete(scratch["photos/more.png"]);
        Picture("photos/0.png", 9);
        ddim.Fails(ErrorKind.Configuration, "the data changed, 4 images as before, but others", "train", "--out", Run, "--steps", "2");
    }

    [Theory]
    [InlineData("malicious.pickle", "a plain pickle")]
    [InlineData("early.pickle", "a pickle of protocol 0 or 1")]
    [InlineData("early.pt", "a pickle of protocol 0 or 1")]
    [InlineData("malicious.zip", "malicious.zip")]
    [InlineData("object.npy", "its type is '|O'")]
    [InlineData("bad_pytorch.pt", "a picture")]
    [InlineData("m.onnx", "an ONNX file")]
    public void Inspect_and_sample_give_the_same_code_for_what_is_no_model(string name, string words)
    {
        byte[] pickle = [0x80, 2, .. "cposix\nsystem\nX\u0004\0\0\0exit\u0085R."u8];
        File.WriteAllBytes(scratch[name], name switch
        {
            "malicious.pickle" => pickle,
            "early.pickle" => [.. "cposix\nsystem\n(S'exit'\ntR."u8],
            "early.pt" => [.. "(dp0\nVa\np1\nI1\ns."u8],
            "malicious.zip" => Zip(pickle),
            "object.npy" => [0x93, .. "NUMPY\u0001\0"u8, 64, 0, .. Encoding.ASCII.GetBytes("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }".PadRight(63) + "\n"), .. pickle],
            "bad_pytorch.pt" => [0x89, .. "PNG\r\n\u001a\n"u8],
            _ => [0x08, 8, 0x12, 6, .. "ddim  "u8, .. new byte[64]],
        });
        ddim.Fails(ErrorKind.ModelFile, words, "inspect", scratch[name]);
        ddim.Fails(ErrorKind.ModelFile, name == "object.npy" ? "NumPy array" : words, "sample", "--model", scratch[name]);
    }

    [Fact]
    public void A_binary_data_set_is_inspected_as_one()
    {
        File.WriteAllBytes(scratch["train_X.bin"], new byte[3 * 96 * 96 * 2]);
        var found = ddim.Json("inspect", scratch["train_X.bin"]);
        Assert.Equal(("data: STL-10", 2), ((string)found["kind"]!, (int)found["images"]!));
    }

    [Fact]
    public async Task A_table_without_rows_says_so()
    {
        var file = await ParquetTable.Save(scratch["none.parquet"], null, new ParquetTable().Pictures("image"));
        ddim.Fails(ErrorKind.Data, "the table has no rows", "data", "check", file);
        ddim.Fails(ErrorKind.Data, "the table has no rows", ["train", file, "--size", "8", "--out", Run, .. Tiny]);
    }

    [Fact]
    public void One_is_singular()
    {
        string[] one = ["--model", model, "--count", "1", "--steps", "1"];
        Assert.StartsWith("1 image of 3×8×8 in ", ddim.Done(["sample", .. one, "--out", scratch["a.png"]]), StringComparison.Ordinal);
        Assert.Contains(": 1 network call each", ddim.Done(["sample", .. one, "--out", scratch["a.png"]]), StringComparison.Ordinal);
        Picture("single/p.png", 1);
        Assert.Contains("folder, 1 image, 0 bad files", ddim.Done("data", "check", scratch["single"]), StringComparison.Ordinal);
        NpyFile.Write(scratch["x.npy"], new HostTensor([1, 3, 8, 8], new float[192]));
        Assert.StartsWith("Epsilon of 1 image, ", ddim.Done("predict", "--model", model, "--input", scratch["x.npy"], "--timesteps", "1", "--output", scratch["y.npy"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_without_a_unit_is_explained()
    {
        string[] command = ["train", "builtin:shapes", "--size", "16", .. Tiny, "--dry-run", "--duration"];
        Assert.Contains("note: --duration 3 is 3 seconds; 3m and 3h are minutes and hours", ddim.Run([.. command, "3"]).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("note:", ddim.Run([.. command, "3s"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_the_other_code_lacks_is_named()
    {
        var (code, _, error) = ddim.Run("convert", model, scratch["there"], "--layout", "ermongroup");
        Assert.Equal(ExitCodes.Of(ErrorKind.Configuration), code);
        Assert.EndsWith("the DDIM authors' code has no such network: 4 groups in a norm, where it has 32\n", error, StringComparison.Ordinal);
    }

    private void Picture(string name, byte value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(scratch[name])!);
        ImageFile.SavePng(scratch[name], new ImageShape(3, 8, 8), Enumerable.Repeat(value, 192).ToArray());
    }

    private static byte[] Zip(byte[] pickle)
    {
        using var memory = new MemoryStream();
        using (var archive = new System.IO.Compression.ZipArchive(memory, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("data.pkl", System.IO.Compression.CompressionLevel.NoCompression).Open())
        {
            entry.Write(pickle);
        }

        return memory.ToArray();
    }
}
