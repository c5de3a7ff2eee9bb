using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Inversion;
using SkiaSharp;
using TestKit;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class ReconstructTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;
    private readonly string data;
    private int folders;

    public ReconstructTests()
    {
        model = TinyModel.Save(scratch["model"]);
        data = scratch["data"];
        for (var k = 0; k < 3; k++)
        {
            ImageFile.SavePng(Path.Combine(data, $"{k}.png"), new ImageShape(3, 8, 8), [.. Enumerable.Range(0, 192).Select(i => (byte)((i * (k + 3)) % 256))]);
        }
    }

    public void Dispose() => scratch.Dispose();

    // The DDIM paper's table 2 on the bundled model.
    [Fact]
    public void Of_the_bundled_model_the_error_falls_with_steps_and_refining()
    {
        double[] target = Errors("4,8", "target"), refined = Errors("8", "refined");

        Assert.True(target[1] < target[0] / 2 && refined[0] < target[1] / 2, $"target {target[0]:G3}, {target[1]:G3}; refined {refined[0]:G3}");
        Assert.InRange(target[1], 0, 0.1);

        double[] Errors(string steps, string level) =>
        [
            .. ddim.Json(
                "reconstruct", "builtin:shapes", "--count", "1", "--model", Path.Combine(Shared.Repository, "models", "shapes-32"),
                "--steps", steps, "--level", level, "--out", scratch[level]).AsArray().Select(row => (double)row!["mse"]!),
        ];
    }

    [Theory]
    [InlineData("target", InversionLevel.Target)]
    [InlineData("current", InversionLevel.Current)]
    [InlineData("refined", InversionLevel.Refined)]
    public void The_rows_are_the_librarys(string word, InversionLevel level)
    {
        var rows = ddim.Json([.. Words("--steps", "3,1", "--level", word, "--batch", "2", "--count", "2")]).AsArray();

        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var x0 = ImageList.Read([data], loaded.Shape, 2, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([3, 1], rows.Select(row => (int)row!["steps"]!));
        Assert.All(rows, row =>
        {
            var expected = loaded.Reconstruct(x0, new SampleOptions { Steps = (int)row!["steps"]! }, level);
            Assert.Equal(["steps", "mse", "psnr", "networkCalls"], row.AsObject().Select(field => field.Key));
            Assert.Equal(
                (expected.MeanSquaredError, expected.Psnr, expected.NetworkCalls),
                ((double)row["mse"]!, (double)row["psnr"]!, (double)row["networkCalls"]!));
        });
    }

    [Fact]
    public void CSV_has_the_numbers_of_JSON_and_the_table_a_row_for_each()
    {
        var rows = ddim.Json(Words("--steps", "1,3")).AsArray();
        var csv = ddim.Done(Words("--steps", "1,3", "--csv")).TrimEnd('\n').Split('\n');
        var text = ddim.Done(Words("--steps", "1,3")).TrimEnd('\n').Split('\n');

        Assert.Equal(["steps,mse,psnr,networkCalls", .. rows.Select(row => string.Join(',', row!.AsObject().Select(f => f.Value!.ToJsonString())))], csv);
        Assert.Equal(["1", "3"], text[1..].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
    }

    [Fact]
    public void The_folder_holds_the_table_twice_and_a_sheet_with_every_image()
    {
        var printed = ddim.Done(Words("--steps", "3,1", "--csv"));

        Assert.Equal(["sheet.png", "table.csv", "table.json"], Directory.GetFiles(scratch["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(printed, File.ReadAllText(scratch["out/table.csv"]));
        Assert.Equal(ddim.Done(Words("--steps", "3,1", "--json")), File.ReadAllText(scratch["out/table.json"]));
        using var loaded = DiffusionModel.Load(model, CpuEngine.Default);
        var x0 = ImageList.Read([data], loaded.Shape, cancellationToken: TestContext.Current.CancellationToken);
        var three = loaded.Reconstruct(x0, new SampleOptions { Steps = 3 }).Images.Values;
        var one = loaded.Reconstruct(x0, new SampleOptions { Steps = 1 }).Images.Values;
        var text = PngFile.Read(scratch["out/sheet.png"]).Text["ddim"];
        Assert.Contains("\"verb\":\"reconstruct\"", text, StringComparison.Ordinal);
        Assert.Contains($"\"data\":\"{data}\"", text, StringComparison.Ordinal);

        // One row beneath the other, three images in each, 12 times as large.
        using var sheet = SKBitmap.Decode(scratch["out/sheet.png"]);
        new[] { x0, three, one }.Aggregate(0, (top, row) => FindRow(sheet, row, top));
    }

    [Fact]
    public void Progress_is_of_the_whole_table()
    {
        var slow = new Ddim { Clock = new SteppingClock() };
        var (code, _, error) = slow.Run(Words("--steps", "2,3", "--batch", "2"));

        // Up and down, two batches: 2·2·2 and 2·2·3 calls.
        Assert.Equal(0, code);
        Assert.Contains("call 1/20", error, StringComparison.Ordinal);
        Assert.Contains("call 20/20", error, StringComparison.Ordinal);
        Assert.Contains("ETA", error, StringComparison.Ordinal);
    }

    // T is 100: of the paper's numbers 10, 20, 50 and 100 are left, 2·180 calls. The clock shows every call; the 23rd is of the second row.
    [Fact]
    public void Interruption_keeps_the_rows_that_are_done()
    {
        using var interruption = new Interruption();
        var calls = 0;
        var interrupted = new Ddim { Clock = new SteppingClock(), Interruption = interruption, OnErrorLine = Raise };
        var (code, table, error) = interrupted.Run(Words("--csv"));

        Assert.Equal(130, code);
        Assert.Contains("call 23/360", error, StringComparison.Ordinal);
        Assert.DoesNotContain("call 24/360", error, StringComparison.Ordinal);
        Assert.Equal(["steps,mse,psnr,networkCalls", "10"], table.TrimEnd('\n').Split('\n').Select((line, i) => i == 0 ? line : line.Split(',')[0]));
        Assert.Empty(Directory.GetFiles(scratch["out"]));

        void Raise()
        {
            if (++calls == 23)
            {
                interruption.Raise(130);
            }
        }
    }

    [Fact]
    public void Bad_words_are_refused_before_anything_is_done()
    {
        ddim.Fails(ErrorKind.Usage, "each once", Words("--steps", "5,10,5"));
        ddim.Fails(ErrorKind.Usage, "each once", Words("--steps", ","));
        ddim.Fails(ErrorKind.Usage, "--steps", Words("--steps", "few"));
        ddim.Fails(ErrorKind.Configuration, "steps", Words("--steps", "5,101"));
        ddim.Fails(ErrorKind.Configuration, "steps", Words("--steps", "0"));
        ddim.Fails(ErrorKind.Usage, "--level", Words("--level", "next"));
        ddim.Fails(ErrorKind.Usage, "exclude each other", Words("--json", "--csv"));
        ddim.Fails(ErrorKind.Data, "3 images found, 4 were asked for", Words("--count", "4"));
        ddim.Fails(ErrorKind.Data, "no such file or folder", "reconstruct", scratch["absent"], "--model", model, "--out", scratch["out"]);
        ddim.Fails(ErrorKind.Usage, "name a folder", "reconstruct", data, "--model", model, "--out", scratch["r.png"]);
        Assert.False(Directory.Exists(scratch["out"]));
    }

    private static int FindRow(SKBitmap sheet, double[] images, int top)
    {
        var pixels = new byte[images.Length];
        ImageFile.ToBytes(Array.ConvertAll(images, v => (float)v), pixels);
        var (shape, row) = ImageGrid.Make(new ImageShape(3, 8, 8), pixels, columns: 3, scale: 12);
        var inside = (20 * shape.Width) + 20; // looked at first: the sheet is white around the images
        for (var y = top; y <= sheet.Height - shape.Height; y++)
        {
            for (var x = 0; x <= sheet.Width - shape.Width; x++)
            {
                if (Same(x, y, inside) && Enumerable.Range(0, shape.Height * shape.Width).All(i => Same(x, y, i)))
                {
                    return y + shape.Height;
                }
            }
        }

        throw new InvalidOperationException($"a row of images is not on the sheet below {top}");

        bool Same(int x, int y, int i)
        {
            var (found, plane) = (sheet.GetPixel(x + (i % shape.Width), y + (i / shape.Width)), shape.Height * shape.Width);
            return (found.Red, found.Green, found.Blue) == (row[i], row[i + plane], row[i + (2 * plane)]);
        }
    }

    // A folder is not written over: out, then out2, out3.
    private string[] Words(params string[] more) => ["reconstruct", data, "--model", model, "--out", scratch[++folders == 1 ? "out" : $"out{folders}"], .. more];
}
