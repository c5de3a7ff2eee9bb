using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Recipes that this program did not write, or not like that.</summary>
public sealed class StrangersRecipeTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly string model;

    public StrangersRecipeTests() => model = TinyModel.Save(scratch["model"], classes: 3);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Pictures_without_a_recipe_are_refused()
    {
        Sample();
        var bytes = File.ReadAllBytes(scratch["sheet.png"]);
        var at = bytes.AsSpan().IndexOf("DiffusionSharp"u8);

        Refused("carries no recipe", Save([]));
        Refused("carries no recipe", Save(new() { ["Software"] = "another program" }));
        Refused("not a PNG", [.. "GIF89a, and more of it"u8]);
        Refused("truncated", bytes[..^20]);
        Refused("checksum of its chunk iTXt is wrong", [.. bytes[..at], (byte)'d', .. bytes[(at + 1)..]]);
        ddim.Fails(ErrorKind.Data, "absent.png", "sample", "--from", scratch["absent.png"]);

        void Refused(string words, byte[] file)
        {
            File.WriteAllBytes(scratch["x.png"], file);
            ddim.Fails(ErrorKind.Data, words, "sample", "--from", scratch["x.png"], "--out", scratch["y.png"]);
        }
    }

    [Theory]
    [InlineData("its recipe cannot be used", "not JSON")]
    [InlineData("an object was expected", "[1]")]
    [InlineData("its verb is missing", """{"program": "p", "model": "m", "options": {}}""")]
    [InlineData("its verb is missing", """{"program": "p", "verb": 7, "model": "m", "options": {}}""")]
    [InlineData("its verb 'rm -rf' is unknown", """{"program": "p", "verb": "rm -rf", "model": "m", "options": {}}""")]
    [InlineData("ddim train; which takes nothing from pictures", """{"program": "p", "verb": "train", "model": "m", "options": {}}""")]
    [InlineData("ddim sweep --from", """{"program": "p", "verb": "sweep", "model": "m", "options": {}}""")]
    [InlineData("it names no options", """{"program": "p", "verb": "sample", "model": "m", "eta": "0"}""")]
    [InlineData("options with a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"steps": 3}}""")]
    [InlineData("options with a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"model": ""}}""")]
    [InlineData("options with a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"model": "\\\\host\\share"}}""")]
    [InlineData("options with a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"init": "//host/x.npy"}}""")]
    [InlineData("does not take an option 'sparkle' from a picture (it was written by ?[31mp)", """{"program": "\u001b[31mp", "verb": "sample", "model": "m", "options": {"sparkle": "1"}}""")]
    [InlineData("does not take an option 'out'", """{"program": "p", "verb": "sample", "model": "m", "options": {"out": "/tmp/x.png"}}""")]
    [InlineData("does not take an option 'dump'", """{"program": "p", "verb": "sample", "model": "m", "options": {"dump": "x"}}""")]
    [InlineData("does not take an option 'dump-trajectory'", """{"program": "p", "verb": "sample", "model": "m", "options": {"dump-trajectory": "x"}}""")]
    [InlineData("does not take an option 'config'", """{"program": "p", "verb": "sample", "model": "m", "options": {"config": "x"}}""")]
    [InlineData("does not take an option 'from'", """{"program": "p", "verb": "sample", "model": "m", "options": {"from": "x"}}""")]
    [InlineData("does not take an option 'json'", """{"program": "p", "verb": "sample", "model": "m", "options": {"json": "true"}}""")]
    [InlineData("options with a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"model": "a\nb"}}""")]
    [InlineData("--steps: found 'many'", """{"program": "p", "verb": "sample", "model": "m", "options": {"steps": "many"}}""")]
    [InlineData("--threads: found 999999", """{"program": "p", "verb": "sample", "model": "m", "options": {"threads": "999999"}}""")]
    [InlineData("was made from --init", """{"program": "p", "verb": "sample", "model": "m", "options": {"init": "/dev/zero"}}""")]
    [InlineData("'verb'", """{"program": "p", "verb": "sample", "verb": "train", "model": "m", "options": {}}""")]
    public void Recipes_of_strangers_are_not_believed(string words, string recipe)
    {
        ddim.Environment.Remove("DDIM_THREADS");
        File.WriteAllBytes(scratch["x.png"], Save(new() { [Recipe.Key] = recipe }));
        var (code, output, error) = ddim.Run("sample", "--from", scratch["x.png"], "--model", model, "--out", scratch["y.png"]);

        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Contains(code, (int[])[ExitCodes.Of(ErrorKind.Data), ExitCodes.Of(ErrorKind.Usage)]);
        Assert.DoesNotContain('\e', output + error);
        Assert.False(File.Exists(scratch["y.png"]));
    }

    [Fact]
    public void Recipes_are_bounded()
    {
        Refused("carries no recipe", """{"program": "p", "verb": "sample", "model": "m", "options": {"model": "%"}}""".Replace("%", new string('x', 1 << 20), StringComparison.Ordinal));
        Refused("a plain text each", """{"program": "p", "verb": "sample", "model": "m", "options": {"model": "%"}}""".Replace("%", new string('x', 1 << 17), StringComparison.Ordinal));
        Refused("a plain text each", $$"""{"program": "p", "verb": "sample", "model": "m", "options": { {{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"{i}\":\"1\""))}} } }""");
        Refused("its recipe cannot be used", new string('[', 500_000));

        void Refused(string words, string recipe)
        {
            File.WriteAllBytes(scratch["x.png"], Save(new() { [Recipe.Key] = recipe }));
            ddim.Fails(ErrorKind.Data, words, "sample", "--from", scratch["x.png"]);
        }
    }

    [Fact]
    public void Inspect_shows_the_recipe()
    {
        Sample();
        File.WriteAllBytes(scratch["hostile.png"], Save(new() { [Recipe.Key] = "{\"a\u202eb\": \"\\u001b[2J\"}" }));
        File.WriteAllBytes(scratch["broken.png"], Save(new() { [Recipe.Key] = "{\e" }));
        File.WriteAllBytes(scratch["none.png"], Save([]));

        Assert.Equal("sample", (string)ddim.Json("inspect", scratch["sheet.png"])["recipe"]!["verb"]!);
        Assert.Matches("steps +3\n", ddim.Done("inspect", scratch["sheet.png"]));
        Assert.Contains("a?b  ?[2J", ddim.Done("inspect", scratch["hostile.png"]), StringComparison.Ordinal);
        Assert.Contains("recipe  {?", ddim.Done("inspect", scratch["broken.png"]), StringComparison.Ordinal);
        Assert.Null(ddim.Json("inspect", scratch["none.png"])["recipe"]);
        ddim.Fails(ErrorKind.Data, "not a PNG", "inspect", scratch.Text("x.png", "something else"));
    }

    // A text option must be a file that is read or written, or one of these that are neither: else a recipe could name a file to overwrite.
    [Theory]
    [InlineData("sample")]
    [InlineData("sequence")]
    [InlineData("interpolate")]
    public void Options_of_text_say_whether_they_name_files(string verb)
    {
        var command = VerbRow.All.Single(v => v.Name == verb).Create(CliHost.Silent, []);
        var texts = command.Options.OfType<Option<string?>>().Where(o => o is not (InputFile or OutputFile or FromOption)).Select(o => o.Name);

        Assert.Empty(texts.Except(["--column", "--device", "--guide-with", "--labels", "--model"]));
        Assert.All(command.Options, o => Assert.True(RecipeOptions.Holds(o) || o is OutputFile or FromOption || o.Name == "--json"));
    }

    private void Sample() => ddim.Done("sample", "--model", model, "--steps", "3", "--count", "2", "--out", scratch["sheet.png"]);

    private byte[] Save(Dictionary<string, string> text)
    {
        ImageFile.SavePng(scratch["made.png"], new ImageShape(1, 1, 1), [(byte)7], text);
        return File.ReadAllBytes(scratch["made.png"]);
    }
}
