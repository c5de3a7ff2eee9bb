using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class SequenceTests : IDisposable
{
    private const int Side = 8, Scale = 12, Cell = (Side * Scale) + 2;

    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public SequenceTests() => model = TinyModel.Save(scratch["model"]);

    public void Dispose() => scratch.Dispose();

    // The arrays of --dump-trajectory, made into levels, are what the cells show.
    [Fact]
    public void Strip_shows_both_after_each_chosen_step()
    {
        string[] how = ["--model", model, "--steps", "7", "--seed", "4", "--count", "3", "--eta", "1"];
        var json = ddim.Json(["sequence", .. how, "--batch", "2", "--frames", "4", "--no-labels", "--out", scratch["strip.png"]]);
        ddim.Done(["sample", .. how, "--batch", "3", "--dump-trajectory", scratch["path"]]);

        Assert.Equal([1, 3, 5, 7], json["steps"]!.AsArray().Select(s => (int)s!));
        var strip = new ImageShape(3, (6 * Cell) + 2, (4 * Cell) + 2);
        var values = ImageList.Read([scratch["strip.png"]], strip, cancellationToken: TestContext.Current.CancellationToken);
        for (var row = 0; row < 6; row++)
        {
            foreach (var (column, step) in ((int[])[0, 2, 4, 6]).Index())
            {
                var name = row % 2 == 0 ? "x" : "x0";
                var array = NpyFile.ReadFloat32(Path.Combine(scratch["path"], $"{name}-{step:D4}.npy")).Data.AsSpan(row / 2 * 192, 192);
                var levels = new byte[192];
                ImageFile.ToBytes(array, levels);
                Assert.All(levels.Index(), p => Assert.Equal(p.Item / 127.5 - 1, At(p.Index / 64, row, p.Index / 8 % 8, column, p.Index % 8), 0.017));
            }
        }

        double At(int channel, int row, int y, int column, int x) =>
            values[(((channel * strip.Height) + 2 + (row * Cell) + (y * Scale)) * strip.Width) + 2 + (column * Cell) + (x * Scale)];
    }

    [Fact]
    public void Name_says_strip_animation_or_folder()
    {
        string[] how = ["sequence", "--model", model, "--steps", "5", "--count", "2", "--no-labels"];
        ddim.Done([.. how, "--out", scratch["walk.apng"]]);
        ddim.Done([.. how, "--out", scratch["steps/"], "--frames", "3"]);

        var facts = PngFile.Read(scratch["walk.apng"]);
        Assert.Equal((5, (2 * Cell) + 2, (2 * Cell) + 2), (facts.Frames, facts.Width, facts.Height));
        Assert.Equal(["0001.png", "0003.png", "0005.png"], Directory.GetFiles(scratch["steps"]).Select(Path.GetFileName).Order());
        ddim.Done([.. how, "--out", scratch["again.apng"], "--from", scratch["walk.apng"]]);
        Assert.Equal(File.ReadAllBytes(scratch["walk.apng"]), File.ReadAllBytes(scratch["again.apng"]));

        // The animation's first frame is where it begins; the folder's first file, too.
        ddim.Done([.. how, "--out", scratch["one.apng"], "--frames", "1"]);
        Assert.Equal(1, PngFile.Read(scratch["one.apng"]).Frames);
        ddim.Fails(ErrorKind.Usage, "pictures are written as PNG", [.. how, "--out", scratch["walk.gif"]]);
        ddim.Fails(ErrorKind.Usage, "--frames: found 0", [.. how, "--frames", "0"]);
        ddim.Fails(ErrorKind.Usage, "fewer --frames or a lower --count", ["sequence", "--model", model, "--timesteps", "9,8,7,6,5,4,3,2,1,0", "--count", "1000000", "--batch", "1000000"]);
    }

    // Two rows for each image, one beneath the other, would make 198 × 9802 pixels.
    [Fact]
    public void Many_images_stand_beside_one_another_too()
    {
        string[] how = ["sequence", "--model", model, "--steps", "2", "--count", "50"];
        ddim.Done([.. how, "--out", scratch["labelled.png"]]);
        ddim.Done([.. how, "--out", scratch["plain.png"], "--no-labels"]);
        ddim.Done([.. how, "--out", scratch["walk.apng"], "--no-labels"]);

        var (labelled, plain, frame) = (PngFile.Read(scratch["labelled.png"]), PngFile.Read(scratch["plain.png"]), PngFile.Read(scratch["walk.apng"]));
        Assert.Equal((16 * Cell) + 2, (int)plain.Width);
        Assert.Equal((14 * Cell) + 2, (int)plain.Height);
        Assert.Equal((10 * Cell) + 2, (int)frame.Width);
        Assert.Equal((10 * Cell) + 2, (int)frame.Height);
        Assert.InRange((double)labelled.Width / labelled.Height, 0.5, 2);

        // Image 9 is the second block of the second row: its x after the last step, x0, which is the same there, and where there is no image.
        ddim.Done("sample", "--model", model, "--steps", "2", "--count", "50", "--dump", scratch["x.npy"]);
        var levels = new byte[192];
        ImageFile.ToBytes(NpyFile.ReadFloat32(scratch["x.npy"]).Data.AsSpan(9 * 192, 192), levels);
        var strip = new ImageShape(3, (int)plain.Height, (int)plain.Width);
        var values = ImageList.Read([scratch["plain.png"]], strip, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var (row, p) in new[] { 2, 3 }.SelectMany(row => Enumerable.Range(0, 64).Select(p => (row, p))))
        {
            var (y, x) = (2 + (row * Cell) + (p / 8 * Scale), 2 + (3 * Cell) + (p % 8 * Scale));
            Assert.Equal(levels[p] / 127.5 - 1, values[(y * strip.Width) + x], 0.017);
        }

        Assert.Equal(1, values[^(4 * strip.Width)], 0.001);
    }

    // The words above a narrow frame are not as wide at every t, and all frames of an animation have one size.
    [Fact]
    public void Narrow_frames_are_of_one_size()
    {
        ddim.Done("sequence", "--model", model, "--steps", "50", "--spacing", "karras", "--count", "1", "--scale", "1", "--out", scratch["walk.apng"]);

        Assert.Equal(50, PngFile.Read(scratch["walk.apng"]).Frames);
        ddim.Done("sequence", "--from", scratch["walk.apng"], "--out", scratch["steps/"]);
        Assert.True(Directory.GetFiles(scratch["steps"]).Select(f => PngFile.Read(f).Width).Distinct().Count() > 1, "no word is wider than another");
    }

    [Fact]
    public void How_a_picture_of_sample_was_made()
    {
        ddim.Done("sample", "--model", model, "--steps", "4", "--count", "5", "--batch", "2", "--out", scratch["all"]);
        var json = ddim.Json("sequence", "--from", scratch["all/00000003.png"], "--no-labels", "--out", scratch["steps/"]);

        Assert.Equal((1, 4), ((int)json["images"]!, (int)json["frames"]!));
        Assert.Empty(json["notes"]!.AsArray());
        var last = ImageList.Read([scratch["steps/0004.png"]], new ImageShape(3, (2 * Cell) + 2, Cell + 2), cancellationToken: TestContext.Current.CancellationToken);
        var picture = ImageList.Read([scratch["all/00000003.png"]], new ImageShape(3, Side, Side), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(picture[0], last[(2 * (Cell + 2)) + 2]);
        ddim.Fails(ErrorKind.Usage, "ddim sequence --from", "sample", "--from", scratch["steps/0001.png"]);
    }
}
