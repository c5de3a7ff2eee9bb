using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>One rule for all verbs: a file is what its name says, and is replaced, which is said; a folder that holds something is not written over.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public OutputTests()
    {
        model = TinyModel.Save(scratch["model"]);
        ImageFile.SavePng(scratch["photo.png"], new ImageShape(3, 8, 8), new byte[192]);
        NpyFile.Write(scratch["x.npy"], new HostTensor([1, 3, 8, 8], new float[192]));
    }

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("what is written is .npy or .npz, not .png; name it ", "invert PHOTO --out y.png")]
    [InlineData("what is written is .npy or .npz, not .txt", "predict --input X --timesteps 1 --output y.txt")]
    [InlineData("what is written is .npy or .npz, not .json", "sample --dump y.json")]
    [InlineData("what is written is .npy or .npz, not .csv", "interpolate --dump y.csv")]
    [InlineData("what is written is .png, not .jpg", "interpolate --out y.jpg")]
    [InlineData("what is written is .onnx, not .txt", "export --out y.txt")]
    [InlineData("pictures are written as PNG", "sample --out y.npy")]
    [InlineData("pictures are written as PNG", "sample --out y.apng")]
    [InlineData("pictures are written as PNG", "sequence --out y.npz")]
    [InlineData("is the file that --dump-trajectory writes", "sample --dump y.npy --dump-trajectory y.npy")]
    [InlineData("several files are written", "sample --dump-trajectory y.npy")]
    [InlineData("several files are written", "sweep --out y.pdf")]
    [InlineData("several files are written", "reconstruct PHOTO --out y.csv")]
    [InlineData("several files are written", "convert MODEL y.safetensors")]
    [InlineData("several files are written", "train builtin:shapes --size 4 --out y.onnx")]
    [InlineData("several files are written", "demo --sampling-only --out y.png")]
    [InlineData("one file is written, and that is a folder; name a file in it, such as ", "invert PHOTO --out y/")]
    [InlineData("one file is written, and that is a folder", "interpolate --out MODEL")]
    [InlineData("one file is written, and that is a folder", "export --out y/")]
    [InlineData("one file is written, and that is a folder", "sample --dump MODEL")]
    [InlineData("is the file that --out writes", "sample --out y.npz --dump y.npz")]
    [InlineData("is the file that --init reads", "sample --init X --dump x.npy")]
    [InlineData("is the file that --init-image reads", "sample --init-image PHOTO --out photo.png")]
    [InlineData("is the file that --input reads", "predict --input X --timesteps 1 --output x.npy")]
    public void A_name_is_not_that_of_another_format(string words, string command)
    {
        var before = Directory.GetFileSystemEntries(scratch.Root);
        ddim.Fails(ErrorKind.Usage, words, Words(command));
        Assert.Equal(before, Directory.GetFileSystemEntries(scratch.Root));
    }

    [Theory]
    [InlineData("sample --count 1 --out y.png")]
    [InlineData("sample --count 1 --out y.NPZ")]
    [InlineData("sample --count 1 --dump y.npy")]
    [InlineData("sample --count 1 --dump y")]
    [InlineData("sequence --count 1 --out y.apng")]
    [InlineData("interpolate --frames 2 --out y.png")]
    [InlineData("invert PHOTO --out y.npz")]
    [InlineData("predict --input X --timesteps 1 --output y.npy")]
    [InlineData("export --out y.onnx")]
    public void A_file_is_replaced_and_that_is_said(string command)
    {
        Assert.DoesNotContain("replaced", Twice(out var file), StringComparison.Ordinal);
        var first = File.ReadAllBytes(file);
        File.WriteAllText(file, "mine");
        Assert.Contains($"note: {file} is there and will be replaced\n", Twice(out _), StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(file));

        string Twice(out string target)
        {
            var words = Words(command);
            target = words[Array.FindLastIndex(words, w => w.StartsWith(scratch["y"], StringComparison.Ordinal))];
            var (code, _, error) = ddim.Run(words);
            Assert.True(code == 0, error);
            return error;
        }
    }

    [Theory]
    [InlineData("sample --count 1 --dump y.npy --dump-trajectory y")]
    [InlineData("sequence --count 1 --out y/")]
    [InlineData("sequence --count 1 --out y.png/")]
    [InlineData("sweep --steps 1 --eta 0 --count 1 --out y")]
    [InlineData("reconstruct PHOTO --out y")]
    [InlineData("convert MODEL y")]
    public void A_folder_that_holds_something_is_not_written_over(string command)
    {
        ddim.Done(Words(command));
        var words = Words(command);
        var folder = words.Last(w => w.StartsWith(scratch["y"], StringComparison.Ordinal) && Directory.Exists(w));
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "mine.txt"), "mine");
        ddim.Fails(ErrorKind.Usage, "holds mine.txt already, and a folder of results is not written over", words);
        Assert.Single(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Pictures_of_another_recipe_are_kept()
    {
        string[] command = ["sample", "--model", model, "--count", "2", "--out", scratch["y"], "--steps"];
        ddim.Done([.. command, "2"]);
        var first = File.ReadAllBytes(scratch["y/00000001.png"]);
        ddim.Fails(ErrorKind.Usage, "made by another recipe", [.. command, "3", "--dump", scratch["y.npy"]]);
        Assert.Equal(first, File.ReadAllBytes(scratch["y/00000001.png"]));
        Assert.False(File.Exists(scratch["y.npy"]));
        ddim.Done([.. command, "2", "--dump", scratch["y.npy"]]);
    }

    [Fact]
    public void Tuned_timesteps_are_replaced_and_that_is_said()
    {
        string[] command = ["tune", "--model", model, "--steps", "2,3", "--reference", "5", "--count", "3"];
        Assert.DoesNotContain("replaced", ddim.Run(command).Error, StringComparison.Ordinal);
        Assert.Contains("note: the timesteps for 2, 3 steps in ", ddim.Run(command).Error, StringComparison.Ordinal);
    }

    // Steps are few where a verb has them.
    private string[] Words(string command)
    {
        string[] words = [.. command.Split(' ').Select(w => w switch { "PHOTO" => scratch["photo.png"], "X" => scratch["x.npy"], "MODEL" => model, _ when w.Contains('.') || w.TrimEnd('/') == "y" => scratch[w], _ => w })];
        string[] more = words[0] is "convert" or "train" or "demo" ? [] : ["--model", model];
        return [.. words, .. more, .. words[0] is "sample" or "sequence" or "interpolate" or "invert" or "reconstruct" ? ["--steps", "2"] : Array.Empty<string>()];
    }
}
