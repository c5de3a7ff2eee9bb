using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Drawing;

/// <summary>The contact sheet that <c>ddim sample --out DIR/</c> leaves beside the pictures.</summary>
public sealed class FolderSheetTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string[] command;

    public FolderSheetTests() => command = ["sample", "--model", TinyModel.Save(scratch["model"], size: 16), "--steps", "2", "--count", "3", "--out", scratch["out/"]];

    public void Dispose() => scratch.Dispose();

    private string Sheet => scratch["out/sheet.png"];

    [Fact]
    public void No_verb_takes_it_for_a_picture()
    {
        Assert.Contains($"written, too: {Sheet}", ddim.Done(command), StringComparison.Ordinal);
        Assert.Equal(4, Directory.GetFiles(scratch["out"]).Length);
        Assert.Equal(3, (int)ddim.Json("data", "check", scratch["out"])["images"]!);
        Assert.Equal(3, (int)ddim.Json("score", scratch["out"])["pictures"]!);
        var facts = PngFile.Read(Sheet);
        Assert.True(facts.Width > 2 * 96, "three pictures, enlarged");

        // It is made again from its recipe.
        ddim.Done("sample", "--from", Sheet, "--out", scratch["again.png"]);
        Assert.Equal((facts.Width, facts.Height), (PngFile.Read(scratch["again.png"]).Width, PngFile.Read(scratch["again.png"]).Height));
    }

    [Fact]
    public void A_run_that_goes_on_makes_the_same_one()
    {
        ddim.Done(command);
        var sheet = File.ReadAllBytes(Sheet);
        var picture = File.ReadAllBytes(scratch["out/00000001.png"]);
        File.Delete(scratch["out/00000001.png"]);
        Assert.Equal(2, (int)ddim.Json(command)["alreadyThere"]!);
        Assert.Equal(sheet, File.ReadAllBytes(Sheet));
        Assert.Equal(picture, File.ReadAllBytes(scratch["out/00000001.png"]));
    }

    [Fact]
    public void Somebodys_picture_of_that_name_is_one_and_stays()
    {
        ImageFile.SavePng(Sheet, new ImageShape(3, 16, 16), new byte[768]);
        var own = File.ReadAllBytes(Sheet);
        ddim.Done(command);
        Assert.Equal(own, File.ReadAllBytes(Sheet));
        Assert.Equal(4, (int)ddim.Json("data", "check", scratch["out"])["images"]!);
    }

    [Fact]
    public void One_picture_has_none()
    {
        ddim.Done([.. command, "--only", "2"]);
        Assert.Single(Directory.GetFiles(scratch["out"]));
    }
}
