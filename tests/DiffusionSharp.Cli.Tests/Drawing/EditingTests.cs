using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using SkiaSharp;

namespace DiffusionSharp.Cli.Tests.Drawing;

/// <summary><c>ddim sample --init-image</c>, with and without <c>--mask</c>.</summary>
public sealed class EditingTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 8, 8);
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 192).Select(i => (byte)(i * 37))];

    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;
    private readonly string picture;
    private readonly string mask;

    public EditingTests()
    {
        model = TinyModel.Save(scratch["model"]);
        picture = Picture("photo.png", Pixels);
        mask = scratch["mask.png"];
        ImageFile.SavePng(mask, new ImageShape(1, 8, 8), [.. Enumerable.Range(0, 64).Select(i => (byte)(i % 8 < 4 ? 0 : 255))]);
    }

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Strength_0_returns_the_picture_and_1_makes_all_calls()
    {
        Assert.Equal(0, Calls("--strength", "0", "--out", scratch["same.png"]));
        Assert.Equal(Pixels, Read("same.png"));
        Assert.Equal(6, Calls("--strength", "0.6", "--out", scratch["some.png"]));
        Assert.Equal(6, Calls("--out", scratch["usual.png"]));
        Assert.Equal(Read("some.png"), Read("usual.png"));
        Assert.Equal(10, Calls("--strength", "100%", "--out", scratch["all.png"]));
        Assert.NotEqual(Read("some.png"), Read("all.png"));
    }

    [Fact]
    public void Pixels_that_the_mask_keeps_are_the_files_bytes()
    {
        foreach (string[] more in (string[][])[[], ["--strength", "0.5"], ["--eta", "1"]])
        {
            ddim.Done([.. Words("--mask", mask, "--jump-length", "2", "--resample", "2", "--out", scratch["painted.png"]), .. more]);
            var painted = Read("painted.png");
            Assert.All(Enumerable.Range(0, 192).Where(i => i % 8 < 4), i => Assert.Equal(Pixels[i], painted[i]));
            Assert.NotEqual(Pixels, painted);
        }
    }

    [Fact]
    public void White_and_transparent_are_painted_and_all_black_keeps_everything()
    {
        Assert.Equal(10 + (3 * 3 * 2), Calls("--mask", mask, "--jump-length", "3", "--resample", "3", "--out", scratch["white.png"]));
        using var holes = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var i = 0; i < 64; i++)
        {
            holes.SetPixel(i % 8, i / 8, i % 8 < 4 ? SKColors.Black : SKColors.Transparent);
        }

        File.WriteAllBytes(scratch["holes.png"], holes.Encode(SKEncodedImageFormat.Png, 100).ToArray());
        Calls("--mask", scratch["holes.png"], "--jump-length", "3", "--resample", "3", "--out", scratch["transparent.png"]);
        Assert.Equal(Read("white.png"), Read("transparent.png"));

        ImageFile.SavePng(scratch["black.png"], new ImageShape(1, 16, 16), new byte[256]);
        Calls("--mask", scratch["black.png"], "--out", scratch["kept.png"]);
        Assert.Equal(Pixels, Read("kept.png"));
    }

    [Fact]
    public void One_picture_makes_many_and_a_folder_one_each()
    {
        byte[] other = [.. Pixels.Reverse()];
        Directory.CreateDirectory(scratch["two"]);
        File.Copy(picture, scratch["two/a.png"]);
        ImageFile.SavePng(scratch["two/b.png"], Shape, other);

        var many = Dump("many.npy", "--count", "3", "--seed", "5", "--batch", "2");
        Assert.Equal([3, 3, 8, 8], many.Shape);
        Assert.NotEqual(Image(many, 0), Image(many, 1));
        AssertNear(Image(many, 2), Dump("last.npy", "--seeds", "7").Data);

        var two = Dump("two.npy", "--seed", "5", "--init-image", scratch["two"]);
        AssertNear(Image(many, 0), Image(two, 0));
        AssertNear(Dump("b.npy", "--seed", "6", "--init-image", scratch["two/b.png"]).Data, Image(two, 1));
        AssertNear(Image(two, 0), Dump("first.npy", "--seed", "5", "--count", "1", "--init-image", scratch["two"]).Data);
        ddim.Fails(ErrorKind.Data, "2 images found, 3 were asked for", Words("--count", "3", "--init-image", scratch["two"]));

        // Into a folder, batch by batch: image and seed stay together.
        ddim.Done(Words("--init-image", scratch["two"], "--mask", mask, "--batch", "1", "--out", scratch["each/"]));
        Assert.All(Enumerable.Range(0, 192).Where(i => i % 8 < 4), i => Assert.Equal((Pixels[i], other[i]), (Read("each/00000000.png")[i], Read("each/00000001.png")[i])));
    }

    [Fact]
    public void A_recipe_makes_it_again_and_tells_another_picture()
    {
        string[] edit = ["--mask", mask, "--strength", "0.5", "--resample", "2", "--seed", "3", "--count", "2"];
        ddim.Done(Words([.. edit, "--out", scratch["x.png"]]));
        ddim.Done("sample", "--from", scratch["x.png"], "--out", scratch["again.png"]);
        Assert.Equal(File.ReadAllBytes(scratch["x.png"]), File.ReadAllBytes(scratch["again.png"]));

        ddim.Done(Words([.. edit, "--out", scratch["images/"]]));
        Assert.Equal(2, (int)ddim.Json(Words([.. edit, "--out", scratch["images/"]]))["alreadyThere"]!);
        ddim.Fails(ErrorKind.Usage, "another recipe", Words([.. edit, "--init-image", Picture("other.png", [.. Pixels.Reverse()]), "--out", scratch["images/"]]));
        ddim.Fails(ErrorKind.Usage, "another recipe", Words([.. edit, "--eta", "1", "--out", scratch["images/"]]));

        File.Delete(mask);
        ddim.Fails(ErrorKind.Data, "say with --mask where it is", "sample", "--from", scratch["x.png"], "--out", scratch["again.png"]);
    }

    // A stranger's picture does not make anyone read through a folder; who made it names the folder again.
    [Fact]
    public void A_folder_is_named_again()
    {
        Directory.CreateDirectory(scratch["two"]);
        File.Copy(picture, scratch["two/a.png"]);
        ImageFile.SavePng(scratch["two/b.png"], Shape, [.. Pixels.Reverse()]);
        ddim.Done(Words("--init-image", scratch["two"], "--out", scratch["each/"]));

        string[] again = ["sample", "--from", scratch["each/00000001.png"], "--out", scratch["again.png"]];
        ddim.Fails(ErrorKind.Data, "say with --init-image where it is", again);
        ddim.Done([.. again, "--init-image", scratch["two"]]);
        Assert.Equal(Read("each/00000001.png"), Read("again.png"));
        ddim.Fails(ErrorKind.Usage, "another recipe", Words("--init-image", picture, "--count", "2", "--out", scratch["each/"]));
    }

    [Fact]
    public void A_sequence_shows_an_edit()
    {
        var json = ddim.Json("sequence", "--model", model, "--init-image", picture, "--strength", "0.5", "--steps", "6", "--out", scratch["walk.png"]);
        Assert.Equal((3, 1, 3), ((int)json["networkCalls"]!, (int)json["images"]!, (int)json["frames"]!));
        ddim.Fails(ErrorKind.Usage, "nothing to show", "sequence", "--model", model, "--init-image", picture, "--strength", "0");
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        scratch.Text("broken.png", "no picture");

        ddim.Fails(ErrorKind.Data, "no such file or folder", Words("--init-image", scratch["absent.png"]));
        ddim.Fails(ErrorKind.Data, "broken.png", Words("--init-image", scratch["broken.png"]));
        ddim.Fails(ErrorKind.Data, "there is no image file of that name", Words("--mask", scratch["absent.png"]));
        ddim.Fails(ErrorKind.Usage, "both must be at least 1", Words("--mask", mask, "--jump-length", "0"));
    }

    private string[] Words(params string[] more)
    {
        string[] image = more.Contains("--init-image") ? [] : ["--init-image", picture];
        string[] steps = more.Contains("--steps") ? [] : ["--steps", "10"];
        return ["sample", "--model", model, .. image, .. steps, .. more];
    }

    private int Calls(params string[] more) => (int)ddim.Json(Words(more))["networkCalls"]!;

    private HostTensor Dump(string name, params string[] more)
    {
        ddim.Done(Words([.. more, "--steps", "4", "--dump", scratch[name]]));
        return NpyFile.ReadFloat32(scratch[name]);
    }

    private string Picture(string name, byte[] pixels)
    {
        ImageFile.SavePng(scratch[name], Shape, pixels);
        return scratch[name];
    }

    private byte[] Read(string name) =>
        [.. ImageList.Read([scratch[name]], Shape, cancellationToken: TestContext.Current.CancellationToken).Select(v => (byte)Math.Round(127.5 * (v + 1)))];

    private static float[] Image(HostTensor images, int index) => images.Data[(index * 192)..((index + 1) * 192)];

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-4f));
    }
}
