using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class SampleTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public SampleTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Seed_decides_the_image_not_the_batch()
    {
        var four = Dump("a", "--count", "6", "--seed", "3", "--batch", "4", "--eta", "1");
        var one = Dump("b", "--count", "6", "--seed", "3", "--batch", "1", "--eta", "1");
        var listed = Dump("c", "--seeds", "8,4-5", "--eta", "1");

        Assert.Equal([6, 3, 8, 8], four.Shape);
        AssertNear(four.Data, one.Data);
        AssertNear([.. Image(four, 5), .. Image(four, 1), .. Image(four, 2)], listed.Data);
        Assert.NotEqual(Image(four, 0), Image(four, 1));
    }

    [Fact]
    public void Given_start_and_noise_take_the_place_of_the_seeds()
    {
        const int count = 2, steps = 5, elements = 3 * 8 * 8;
        var (x, z) = (new float[count * elements], new float[steps * count * elements]);
        for (var i = 0; i < count; i++)
        {
            CounterNoise.Gaussian((ulong)i, -1, x.AsSpan(i * elements, elements));
            for (var k = 0; k < steps; k++)
            {
                CounterNoise.Gaussian((ulong)i, k, z.AsSpan(((k * count) + i) * elements, elements));
            }
        }

        NpyFile.Write(scratch["x.npy"], new HostTensor([count, 3, 8, 8], x));
        NpyFile.Write(scratch["z.npy"], new HostTensor([steps, count, 3, 8, 8], z));

        AssertNear(Dump("seeds", "--count", "2", "--eta", "1").Data, Dump("arrays", "--init", scratch["x.npy"], "--noise", scratch["z.npy"], "--eta", "1").Data);
        // Image by image, and all in one go (as --dump needs them).
        string[] into = ["sample", "--model", model, "--init", scratch["x.npy"], "--steps", "2", "--batch", "1"];
        ddim.Done([.. into, "--out", scratch["single"]]);
        ddim.Done([.. into, "--dump", scratch["all.npy"], "--out", scratch["all"]]);
        Assert.Equal(File.ReadAllBytes(scratch["all/00000001.png"]), File.ReadAllBytes(scratch["single/00000001.png"]));
        ddim.Fails(ErrorKind.Usage, "give x_T with --init too", "sample", "--model", model, "--noise", scratch["z.npy"]);
        ddim.Fails(ErrorKind.Usage, "the given arrays hold 2", "sample", "--model", model, "--init", scratch["x.npy"], "--count", "3");
        ddim.Fails(ErrorKind.Data, "the model needs [N, 3, 8, 8]", "sample", "--model", model, "--init", scratch["z.npy"]);
        ddim.Fails(ErrorKind.Data, "no-such.npy", "sample", "--model", model, "--init", scratch["no-such.npy"]);
    }

    [Fact]
    public void Trajectory_ends_at_the_result()
    {
        var result = Dump("end", "--count", "3", "--dump-trajectory", scratch["path"], "--batch", "2");

        Assert.Equal(11, Directory.GetFiles(scratch["path"]).Length);
        AssertNear(result.Data, NpyFile.ReadFloat32(Path.Combine(scratch["path"], "x-0004.npy")).Data);
        AssertNear(result.Data, NpyFile.ReadFloat32(Path.Combine(scratch["path"], "x0-0004.npy")).Data);
        Assert.Equal(6, File.ReadLines(Path.Combine(scratch["path"], "plan.csv")).Count());
    }

    [Fact]
    public void Sheet_carries_its_recipe()
    {
        var json = ddim.Json("sample", "--model", model, "--steps", "4", "--count", "4", "--eta", "hat", "--out", scratch["sheet.png"]);
        var recipe = Recipe("sheet.png");

        Assert.Equal(4, (int)json["networkCalls"]!);
        Assert.Equal("0-3", (string)recipe["seed"]!);
        Assert.Equal("Epsilon", (string)recipe["prediction"]!, ignoreCase: true);
        Assert.Equal(16, ((string)recipe["plan"]!).Length);
        Assert.Equal("hat", (string)recipe["options"]!["eta"]!);
        Assert.Equal([99.0, 74, 49, 24], recipe["tau"]!.AsArray().Select(t => (double)t!));
        Assert.Equal(16, ((string)recipe["model"]!).Length);
    }

    [Fact]
    public void Folder_is_gone_on_with()
    {
        string[] command = ["sample", "--model", model, "--steps", "3", "--batch", "2", "--seeds", "0-4", "--out", scratch["images"]];
        ddim.Done(command);
        var first = File.ReadAllBytes(Picture(1));
        var untouched = File.GetLastWriteTimeUtc(Picture(2));
        File.Delete(Picture(1));
        File.WriteAllBytes(Picture(3), File.ReadAllBytes(Picture(3))[..^9]);

        Assert.Equal(3, (int)ddim.Json(command)["alreadyThere"]!);
        Assert.Equal(first, File.ReadAllBytes(Picture(1)));
        Assert.Equal(untouched, File.GetLastWriteTimeUtc(Picture(2)));
        Assert.NotEmpty(PngFile.Read(Picture(3)).Text);
        ddim.Fails(ErrorKind.Usage, "was made by another recipe", "sample", "--model", model, "--steps", "4", "--out", scratch["images"]);
    }

    [Fact]
    public void Interrupted_folder_keeps_what_is_done()
    {
        using var interruption = new Interruption();
        var lines = 0;
        var interrupted = new Ddim { Clock = new SteppingClock(), Interruption = interruption, OnErrorLine = Raise };
        string[] command = ["sample", "--model", model, "--steps", "2", "--batch", "1", "--count", "5", "--out", scratch["images"]];

        var (code, _, error) = interrupted.Run(command);
        Assert.Equal(130, code);
        Assert.Contains("2 of 5 images are in", error, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(scratch["images"]).Length);
        Assert.Equal(2, (int)ddim.Json(command)["alreadyThere"]!);
        Assert.Equal(6, Directory.GetFiles(scratch["images"]).Length);

        // The second image's last call: the image is finished, the third is not begun.
        void Raise()
        {
            if (++lines == 4)
            {
                interruption.Raise(130);
            }
        }
    }

    [Fact]
    public void Classes_by_number_or_taking_turns()
    {
        var conditional = TinyModel.Save(scratch["conditional"], classes: 3);
        HostTensor Draw(string name, params string[] more)
        {
            ddim.Done(["sample", "--model", conditional, "--steps", "2", "--count", "3", "--dump", scratch[name], .. more]);
            return NpyFile.ReadFloat32(scratch[name]);
        }

        AssertNear(Draw("a.npy").Data, Draw("b.npy", "--labels", "0,1,2").Data);
        Assert.NotEqual(Draw("a.npy").Data, Draw("c.npy", "--class", "1").Data);
        Draw("d.npy", "--labels", "2,0,1", "--out", scratch["labels.png"]);
        Assert.Equal([2, 0, 1], Recipe("labels.png")["labels"]!.AsArray().Select(l => (int)l!));
        ddim.Fails(ErrorKind.Usage, "found '3'; give a number in 0…2", "sample", "--model", conditional, "--labels", "3");
        ddim.Fails(ErrorKind.Usage, "knows no classes", "sample", "--model", model, "--labels", "1");
    }

    [Fact]
    public void Bundled_model_is_the_default()
    {
        TinyModel.Save(Path.Combine(scratch.Root, "models", "shapes-32"));
        var installed = new Ddim { ProgramFolder = scratch.Root };

        installed.Done("sample", "--steps", "2", "--out", scratch["x.png"]);
        ddim.Fails(ErrorKind.ModelFile, "the bundled model is not in /nowhere/models/shapes-32", "sample");
    }

    [Fact]
    public void Progress_is_plain_without_a_terminal()
    {
        string[] command = ["sample", "--model", model, "--steps", "2", "--out", scratch["x.png"]];
        var plain = new Ddim { Clock = new SteppingClock() }.Run(command);
        var drawn = new Ddim { Clock = new SteppingClock(), Interactive = true }.Run(command);

        Assert.DoesNotContain('\e', plain.Error);
        Assert.Contains("call 2/2", plain.Error, StringComparison.Ordinal);
        Assert.Contains("\r\e[2K", drawn.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', drawn.Out);
    }

    [Fact]
    public void Predicts_at_one_timestep_per_image()
    {
        var x = Dump("x.npy", "--count", "2");
        void Predict(string timesteps, string output) =>
            ddim.Done("predict", "--model", model, "--input", scratch["x.npy"], "--timesteps", timesteps, "--output", scratch[output], "--batch", "1");
        Predict("10,60.5", "both.npy");
        Predict("10", "low.npy");

        var (both, low) = (NpyFile.ReadFloat32(scratch["both.npy"]), NpyFile.ReadFloat32(scratch["low.npy"]));
        Assert.Equal(x.Shape, both.Shape);
        AssertNear(Image(both, 0), Image(low, 0));
        Assert.NotEqual(Image(both, 1), Image(low, 1));
        string[] command = ["predict", "--model", model, "--input", scratch["x.npy"], "--output", scratch["y.npy"], "--timesteps"];
        ddim.Fails(ErrorKind.Usage, "found 100; the model's timesteps are 0…99", [.. command, "100"]);
        ddim.Fails(ErrorKind.Usage, "3 timesteps for 2 images", [.. command, "1,2,3"]);
    }

    private HostTensor Dump(string name, params string[] more)
    {
        ddim.Done(["sample", "--model", model, "--steps", "5", "--dump", scratch[name], .. more]);
        return NpyFile.ReadFloat32(scratch[name]);
    }

    private JsonNode Recipe(string name) => JsonNode.Parse(PngFile.Read(scratch[name]).Text["ddim"])!;

    private string Picture(int seed) => Path.Combine(scratch["images"], $"{seed:D8}.png");

    private static float[] Image(HostTensor images, int index) => images.Data[(index * 192)..((index + 1) * 192)];

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-4f));
    }
}
