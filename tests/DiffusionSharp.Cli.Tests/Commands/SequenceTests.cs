using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Commands;

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
    public void StripShowsBothAfterEachChosenStep()
    {
        string[] how = ["--model", model, "--steps", "7", "--seed", "4", "--count", "3", "--eta", "1"];
        var json = ddim.Json(["sequence", .. how, "--batch", "2", "--frames", "4", "--out", scratch["strip.png"]]);
        ddim.Done(["sample", .. how, "--batch", "3", "--dump-trajectory", scratch["path"]]);

        Assert.Equal([1, 3, 5, 7], json["steps"]!.AsArray().Select(s => (int)s!));
        var strip = new ImageShape(3, (6 * Cell) + 2, (4 * Cell) + 2);
        var values = ImageList.Read([scratch["strip.png"]], strip, cancellation: TestContext.Current.CancellationToken);
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
    public void NameSaysStripAnimationOrFolder()
    {
        string[] how = ["sequence", "--model", model, "--steps", "5", "--count", "2"];
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

    [Fact]
    public void HowAPictureOfSampleWasMade()
    {
        ddim.Done("sample", "--model", model, "--steps", "4", "--count", "5", "--batch", "2", "--out", scratch["all"]);
        var json = ddim.Json("sequence", "--from", scratch["all/00000003.png"], "--out", scratch["steps/"]);

        Assert.Equal((1, 4), ((int)json["images"]!, (int)json["frames"]!));
        Assert.Empty(json["notes"]!.AsArray());
        var last = ImageList.Read([scratch["steps/0004.png"]], new ImageShape(3, (2 * Cell) + 2, Cell + 2), cancellation: TestContext.Current.CancellationToken);
        var picture = ImageList.Read([scratch["all/00000003.png"]], new ImageShape(3, Side, Side), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(picture[0], last[(2 * (Cell + 2)) + 2]);
        ddim.Fails(ErrorKind.Usage, "ddim sequence --from", "sample", "--from", scratch["steps/0001.png"]);
    }
}
