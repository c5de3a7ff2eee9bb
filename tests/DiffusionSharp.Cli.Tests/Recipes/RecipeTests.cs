using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Tests.Recipes;

/// <summary>One image, one recipe: <c>--from</c> makes a picture again, bit for bit.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public RecipeTests() => model = TinyModel.Save(scratch["model"], classes: 3);

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("--seed", "3", "--count", "5", "--batch", "2", "--eta", "1")]
    [InlineData("--seeds", "9,2-4", "--batch", "3", "--timesteps", "99,60,7", "--no-clip", "--labels", "2,0,1,1")]
    [InlineData("--seed", "3", "--count", "5", "--batch", "2", "--eta", "1", "--engine", "torch")]
    [InlineData("--count", "1", "--threshold", "0.9", "--eta", "hat", "--class", "2", "--spacing", "quadratic")]
    public void Sheet_is_made_again(params string[] how)
    {
        RequireEngine(how[^1]);
        Sample("sheet.png", how);
        var (output, error) = From("sheet.png", "again.png");

        SameFile("sheet.png", "again.png");
        Assert.DoesNotContain("note:", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("torch")]
    public void Picture_of_a_folder_is_drawn_in_the_same_company(string engine)
    {
        RequireEngine(engine);
        string[] how = ["--seed", "10", "--count", "7", "--batch", "3", "--eta", "1", "--engine", engine];
        Sample("all", [.. how, "--dump", scratch["all.npy"]]);
        var all = NpyFile.ReadFloat32(scratch["all.npy"]).Data.Chunk(192).ToArray();

        foreach (var image in (int[])[0, 4, 6])
        {
            var picture = $"all/{image + 10:D8}.png";
            From(picture, "one.png", "--dump", scratch["one.npy"]);
            SameFile(picture, "one.png");
            Assert.Equal(all[image], NpyFile.ReadFloat32(scratch["one.npy"]).Data);
        }

        // Three images in a batch, one of them written; in a folder it has its name back.
        Assert.Equal(3, (int)ddim.Json("sample", "--from", scratch["all/00000014.png"], "--out", scratch["again/"])["callsMade"]!);
        SameFile("all/00000014.png", "again/00000014.png");
        Assert.Single(Directory.GetFiles(scratch["again"]));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("torch")]
    public void Filled_in_folder_is_that_of_one_session(string engine)
    {
        RequireEngine(engine);
        string[] how = ["--seed", "10", "--count", "5", "--batch", "2", "--eta", "1", "--engine", engine];
        Sample("whole", how);
        Sample("parts", how);
        File.Delete(scratch["parts/00000011.png"]);
        File.Delete(scratch["parts/00000014.png"]);
        Sample("parts", how);

        Assert.All(Enumerable.Range(10, 5), i => SameFile($"whole/{i:D8}.png", $"parts/{i:D8}.png"));
    }

    [Fact]
    public void Folder_is_gone_on_with_where_only_the_rounding_may_differ()
    {
        Sample("all", "--count", "4", "--batch", "2");

        Assert.Equal(4, (int)Json("--count", "6", "--batch", "3", "--eta", "0")["alreadyThere"]!);
        Refused("--eta", "1");
        Refused("--labels", "2");
        Refused("--no-clip");

        JsonNode Json(params string[] more) => ddim.Json(["sample", "--model", model, "--steps", "3", "--out", scratch["all"], .. more]);
        void Refused(params string[] more) =>
            ddim.Fails(ErrorKind.Usage, "was made by another recipe", ["sample", "--model", model, "--steps", "3", "--out", scratch["all"], .. more]);
    }

    [Fact]
    public void Interpolation_is_made_again()
    {
        ddim.Done("interpolate", "--seeds", "8,3", "--frames", "4", "--batch", "3", "--model", model, "--steps", "2", "--class", "1", "--out", scratch["line.png"]);
        ddim.Done("interpolate", "--from", scratch["line.png"], "--out", scratch["again.png"]);

        SameFile("line.png", "again.png");
        ddim.Fails(ErrorKind.Usage, $"ddim interpolate --from {scratch["line.png"]}", "sample", "--from", scratch["line.png"]);
    }

    [Fact]
    public void Command_line_wins_then_environment_then_file_then_recipe()
    {
        Sample("sheet.png", "--count", "3", "--timesteps", "99,50,0", "--clip", "--eta", "1");
        var config = scratch.Text("ddim.json", """{ "count": 2, "eta": 0.5 }""");

        Same(["--steps", "4", "--count", "3", "--clip", "--eta", "1"], ["--steps", "4"]);
        Same(["--timesteps", "99,50,0", "--count", "3", "--no-clip", "--eta", "1"], ["--no-clip"]);
        Same(["--timesteps", "99,50,0", "--count", "3", "--eta", "1"], ["--clip=false"]);
        Same(["--timesteps", "99,50,0", "--seeds", "4,9", "--clip", "--eta", "1"], ["--seeds", "4,9"]);
        Same(["--timesteps", "99,50,0", "--count", "2", "--clip", "--eta", "0.5"], ["--config", config]);
        ddim.Environment["DDIM_ETA"] = "0";
        Same(["--timesteps", "99,50,0", "--count", "2", "--clip", "--eta", "0"], ["--config", config]);
        Same(["--timesteps", "99,50,0", "--count", "2", "--clip", "--eta", "hat"], ["--config", config, "--eta", "hat"]);

        void Same(string[] plain, string[] changes)
        {
            ddim.Done(["sample", "--model", model, .. plain, "--dump", scratch["plain.npy"]]);
            var json = ddim.Json(["sample", "--from", scratch["sheet.png"], .. changes, "--dump", scratch["changed.npy"]]);
            SameFile("plain.npy", "changed.npy");
            Assert.Contains("not as in the recipe", (string)json["notes"]!.AsArray()[^1]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Other_seeds_leave_the_company_behind()
    {
        // The fifth image has class 1.
        Sample("all", "--count", "7", "--batch", "3");
        From("all/00000004.png", "other.png", "--seed", "20");
        Sample("plain.png", "--seed", "20", "--count", "1", "--batch", "3", "--labels", "1");

        SameFile("plain.png", "other.png");
        From("all/00000004.png", "more.png", "--count", "2");
        Assert.Equal("4-5", (string)Recipe("more.png")["seed"]!);
        Sample("sheet.png", "--count", "7", "--batch", "3");
        From("sheet.png", "two.png", "--only", "4,0");
        Assert.Equal("0,4", (string)Recipe("two.png")["seed"]!);
        ddim.Fails(ErrorKind.Usage, "--only: the seed 7 is not among 0-6", "sample", "--from", scratch["sheet.png"], "--only", "7");
    }

    [Fact]
    public void Another_model_is_an_error_unless_it_is_asked_for()
    {
        Sample("sheet.png", "--count", "2");
        var weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 0x40;
        File.WriteAllBytes(weights, bytes);

        string[] again = ["sample", "--from", scratch["sheet.png"], "--out", scratch["again.png"]];
        ddim.Fails(ErrorKind.ModelFile, $"was made with the weights {(string)Recipe("sheet.png")["model"]!}", again);
        Assert.False(File.Exists(scratch["again.png"]));
        Assert.Contains("note: the weights are others than the recipe's", ddim.Done([.. again, "--model", model]), StringComparison.Ordinal);
        Directory.Move(model, scratch["moved"]);
        ddim.Fails(ErrorKind.ModelFile, "say with --model where it is", again);
        bytes[^1] ^= 0x40;
        File.WriteAllBytes(weights.Replace(model, scratch["moved"], StringComparison.Ordinal), bytes);
        ddim.Done([.. again, "--model", scratch["moved"]]);
        Assert.Equal(Decoded("sheet.png"), Decoded("again.png"));
    }

    [Fact]
    public void Bundled_model_is_found_wherever_the_program_is()
    {
        TinyModel.Save(scratch["here/models/shapes-32"]);
        TinyModel.Save(scratch["there/models/shapes-32"]);
        new Ddim { ProgramFolder = scratch["here"] }.Done("sample", "--steps", "2", "--count", "2", "--out", scratch["sheet.png"]);
        new Ddim { ProgramFolder = scratch["there"] }.Done("sample", "--from", scratch["sheet.png"], "--out", scratch["again.png"]);

        SameFile("sheet.png", "again.png");
    }

    [Fact]
    public void Input_files_are_the_same_ones_or_named_anew()
    {
        const int count = 3, steps = 3, elements = 192;
        var (x, z) = (new float[count * elements], new float[steps * count * elements]);
        CounterNoise.Gaussian(1, 0, x.AsSpan());
        CounterNoise.Gaussian(2, 0, z.AsSpan());
        NpyFile.Write(scratch["x.npy"], new HostTensor([count, 3, 8, 8], x));
        NpyFile.Write(scratch["z.npy"], new HostTensor([steps, count, 3, 8, 8], z));
        string[] how = ["--init", scratch["x.npy"], "--noise", scratch["z.npy"], "--eta", "1", "--batch", "2", "--seed", "5"];
        Sample("sheet.png", how);
        Sample("all", how);

        From("sheet.png", "again.png");
        SameFile("sheet.png", "again.png");
        From("all/00000007.png", "one.png");
        SameFile("all/00000007.png", "one.png");

        string[] again = ["sample", "--from", scratch["sheet.png"], "--out", scratch["again.png"]];
        File.Move(scratch["x.npy"], scratch["y.npy"]);
        ddim.Fails(ErrorKind.Data, "there is no such file; say with --init where it is", again);
        ddim.Done([.. again, "--init", scratch["y.npy"]]);
        Assert.Equal(Decoded("sheet.png"), Decoded("again.png"));
        NpyFile.Write(scratch["x.npy"], new HostTensor([count, 3, 8, 8], z[..x.Length]));
        ddim.Fails(ErrorKind.Data, "that file has changed", again);
        Assert.Contains("files it is made from are others", ddim.Done([.. again, "--init", scratch["x.npy"]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Edited_images_are_made_again()
    {
        var sixteen = TinyModel.Save(scratch["sixteen"], size: 16);
        string[] how = ["sample", "--model", sixteen, "--steps", "3", "--count", "3", "--batch", "2", "--strength", "0.7", "--eta", "1"];
        ddim.Done([.. how, "--init-image", "builtin:shapes", "--out", scratch["shapes"]]);
        From("shapes/00000001.png", "again.png");
        SameFile("shapes/00000001.png", "again.png");

        string[] paint = [.. how[..^4], "--init-image", scratch["again.png"], "--mask", scratch["mask.png"], "--jump-length", "1", "--resample", "2"];
        ImageFile.SavePng(scratch["mask.png"], new ImageShape(1, 16, 16), [.. Enumerable.Range(0, 256).Select(i => (byte)(i % 16 < 8 ? 0 : 255))]);
        ddim.Done([.. paint, "--out", scratch["painted.png"]]);
        From("painted.png", "repainted.png");
        SameFile("painted.png", "repainted.png");
        ddim.Done([.. how, "--init-image", scratch["shapes"], "--out", scratch["folder.png"]]);
        ddim.Fails(ErrorKind.Data, "that is a folder, which may have changed; say with --init-image", "sample", "--from", scratch["folder.png"]);
    }

    [TorchFact]
    public void Threads_and_batch_are_of_the_recipe_with_libtorch()
    {
        ddim.Environment.Remove("DDIM_THREADS");
        Sample("sheet.png", "--count", "3", "--batch", "2", "--threads", "2", "--timesteps", "50", "--engine", "torch");
        Sample("other.png", "--count", "1", "--threads", "1", "--engine", "torch");
        var options = Recipe("sheet.png")["options"]!;

        Assert.Equal(("2", "2", "0", "3"), ((string)options["threads"]!, (string)options["batch"]!, (string)options["seed"]!, (string)options["count"]!));
        From("sheet.png", "again.png");
        SameFile("sheet.png", "again.png");
        Assert.Contains("not as in the recipe of", From("sheet.png", "again.png", "--threads", "1").Out, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Trajectory_that_puts_all_in_one_batch_says_so()
    {
        Sample("sheet.png", "--count", "3", "--batch", "2", "--engine", "torch", "--dump-trajectory", scratch["path"]);

        Assert.Equal("3", (string)Recipe("sheet.png")["options"]!["batch"]!);
        Sample("all", "--count", "7", "--batch", "3");
        From("all/00000004.png", "one.png", "--dump-trajectory", scratch["its"], "--dump", scratch["one.npy"]);
        SameFile("all/00000004.png", "one.png");
        Assert.Equal(NpyFile.ReadFloat32(scratch["one.npy"]).Data, NpyFile.ReadFloat32(scratch["its/x-0002.npy"]).Data);
    }

    private static void RequireEngine(string name)
    {
        if (name == "torch")
        {
            Libtorch.Require();
        }
    }

    private void Sample(string name, params string[] how) => ddim.Done(
        ["sample", "--model", model, .. how.Contains("--timesteps") ? Array.Empty<string>() : ["--steps", "3"], "--out", scratch[name], .. how]);

    private (string Out, string Error) From(string picture, string name, params string[] changes)
    {
        var (code, output, error) = ddim.Run(["sample", "--from", scratch[picture], "--out", scratch[name], .. changes]);
        Assert.True(code == 0, error);
        return (output, error);
    }

    private void SameFile(string one, string other) => Assert.Equal(File.ReadAllBytes(scratch[one]), File.ReadAllBytes(scratch[other]));

    /// <summary>The file without its text: the pixels as they were packed.</summary>
    private byte[] Decoded(string name)
    {
        var bytes = File.ReadAllBytes(scratch[name]);
        return bytes[bytes.AsSpan().IndexOf("IDAT"u8)..];
    }

    private JsonNode Recipe(string name) => JsonNode.Parse(PngFile.Read(scratch[name]).Text[DiffusionSharp.Cli.Recipes.Recipe.Key])!;
}
