using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Shapes;
using SkiaSharp;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class SweepTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public SweepTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void The_table_is_what_sampling_each_cell_gives()
    {
        var json = Sweep("--steps", "2,4", "--eta", "0,0.5,hat", "--seeds", "3,8", "--batch", "1");

        Assert.Equal(["2 0", "2 0.5", "2 hat", "4 0", "4 0.5", "4 hat"], json["cells"]!.AsArray().Select(c => $"{c!["steps"]} {c["eta"]}"));
        Assert.Equal(("4", "0"), ($"{json["reference"]!["steps"]}", (string?)json["reference"]!["eta"]));
        Assert.Equal((2, "3,8", 2 * 3 * (2 + 4)), ((int)json["images"]!, (string?)json["seeds"], (int)json["callsMade"]!));
        var reference = Sample("4", "0");
        foreach (var cell in json["cells"]!.AsArray())
        {
            var images = Sample($"{cell!["steps"]}", (string)cell["eta"]!);
            var mse = images.Zip(reference, (a, b) => Math.Pow((a - b) / 2, 2)).Average();
            Assert.Equal(mse, (double)cell["mse"]!, 1e-6 * mse);
            Assert.Equal(-10 * Math.Log10(mse), (double?)cell["psnr"] ?? double.PositiveInfinity, 1e-5);
            Assert.Equal((int)cell["steps"]!, (int)cell["networkCalls"]!);
            Assert.True((double)cell["secondsPerImage"]! > 0);
            Assert.Null(cell["recognised"]);
        }

        Assert.Equal(0.0, (double)json["cells"]![3]!["mse"]!);
        Assert.True((double)json["cells"]![0]!["mse"]! > 0);

        double[] Sample(string steps, string eta)
        {
            ddim.Done("sample", "--model", model, "--seeds", "3,8", "--batch", "1", "--steps", steps, "--eta", eta, "--dump", scratch["x.npy"]);
            return NpyFile.ReadFloat64(scratch["x.npy"]).Values;
        }
    }

    [Fact]
    public void The_folder_holds_the_sheet_the_plot_and_the_table_twice()
    {
        var printed = ddim.Done("sweep", "--model", model, "--steps", "1,2,3", "--eta", "0,1", "--count", "18", "--out", scratch["out"], "--csv");

        Assert.Equal(["sheet.png", "table.csv", "table.json", "time.png"], Directory.GetFiles(scratch["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(printed, File.ReadAllText(scratch["out/table.csv"]));
        var lines = printed.TrimEnd('\n').Split('\n');
        Assert.Equal("steps,eta,images,networkCalls,secondsPerImage,recognised,mse,psnr", lines[0]);
        var cells = JsonNode.Parse(File.ReadAllText(scratch["out/table.json"]))!["cells"]!.AsArray();
        Assert.Equal(cells.Select(c => $"{c!["steps"]},{c["eta"]},18,{c["networkCalls"]},{c["secondsPerImage"]},{c["recognised"]},{c["mse"]},{c["psnr"]?.ToJsonString() ?? "Infinity"}"), lines[1..]);
        foreach (var (name, least) in new[] { ("out/sheet.png", 4 * 96 * 2), ("out/time.png", 600) })
        {
            using var picture = SKBitmap.Decode(scratch[name]);
            Assert.True(picture.Width > least, $"{name} is {picture.Width} pixels wide");
            Assert.True(picture.Pixels.Count(p => p.Red < 100) > 500, $"{name} has no ink");
        }
    }

    [Fact]
    public void The_reference_is_sampled_where_it_is_no_cell()
    {
        var json = Sweep("--steps", "2,3", "--eta", "1", "--count", "1");

        Assert.Equal(2 + 3 + 3, (int)json["callsMade"]!);
        Assert.All(json["cells"]!.AsArray(), c => Assert.True((double)c!["mse"]! > 0));
    }

    [Fact]
    public void Solvers_without_eta_have_one_column()
    {
        var json = Sweep("--steps", "2,3", "--solver", "dpm++2m", "--count", "1");

        Assert.Equal(["2 0", "3 0"], json["cells"]!.AsArray().Select(c => $"{c!["steps"]} {c["eta"]}"));
        ddim.Fails(ErrorKind.Usage, "has no eta", "sweep", "--model", model, "--solver", "dpm++2m", "--eta", "0,1", "--out", scratch["out"]);
    }

    [Fact]
    public void A_sheet_says_how_it_was_made()
    {
        var first = Sweep("--steps", "3,2", "--eta", "0,hat", "--seeds", "4,9", "--no-clip");
        var again = ddim.Json("sweep", "--from", scratch["out/sheet.png"], "--out", scratch["again"]);
        var other = ddim.Json("sweep", "--from", scratch["out/sheet.png"], "--out", scratch["other"], "--eta", "0");

        Assert.Equal(Numbers(first), Numbers(again));
        Assert.Equal(["3 0", "2 0"], Numbers(other).Select(n => n[..3]));
        Assert.Empty(again["notes"]!.AsArray());
        Assert.Contains("eta", (string)other["notes"]![0]!, StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Usage, "ddim sweep --from", "sample", "--from", scratch["out/sheet.png"]);

        static IEnumerable<string> Numbers(JsonNode json) => json["cells"]!.AsArray().Select(c => $"{c!["steps"]} {c["eta"]} {c["mse"]}");
    }

    [Fact]
    public void Drawings_of_shapes_are_scored()
    {
        TinyModel.Save(scratch["shapes"], size: 16);
        File.WriteAllText(scratch["shapes/README.md"], $"# A card\n\n- Data: `{ShapesSource.Name}`, endless.\n");

        var cell = Sweep("--model", scratch["shapes"], "--steps", "1", "--eta", "0", "--count", "2")["cells"]![0]!;

        Assert.InRange((int)cell["recognised"]!, 0, 2);
    }

    [Fact]
    public void Progress_is_that_of_the_whole_sweep()
    {
        var slow = new Ddim { Clock = new SteppingClock() };
        var (code, output, error) = slow.Run("sweep", "--model", model, "--steps", "1,2", "--eta", "0,1", "--count", "3", "--batch", "2", "--out", scratch["out"]);

        Assert.Equal(0, code);
        Assert.Contains("call 1/12 ", error, StringComparison.Ordinal);
        Assert.Contains("call 12/12 ", error, StringComparison.Ordinal);
        Assert.Contains("ETA", error, StringComparison.Ordinal);
        Assert.Matches(@"\n +2 +0 +2 +[0-9.]+ +– +reference\n", output);
        Assert.Contains("4 × 3 images", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_done_is_refused_before_the_first_call()
    {
        Fails("each once", "--steps", "2,2");
        Fails("each once", "--eta", "0,0.0");
        Fails("number in [0, 1], hat or learned", "--eta", "0,2");
        ddim.Fails(ErrorKind.Configuration, "101", "sweep", "--model", model, "--steps", "10,101", "--out", scratch["out"]);
        Fails("exclude each other", "--json", "--csv");
        Fails("name a folder", "--out", scratch["sheet.png"]);
        Assert.False(Directory.Exists(scratch["out"]));

        void Fails(string words, params string[] args) =>
            ddim.Fails(ErrorKind.Usage, words, ["sweep", "--model", model, .. args.Contains("--out") ? args : [.. args, "--out", scratch["out"]]]);
    }

    private JsonNode Sweep(params string[] args) =>
        ddim.Json(["sweep", .. args.Contains("--model") ? args : [.. args, "--model", model], "--out", scratch["out"]]);
}
