using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class ExportTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Network_is_written_and_checked()
    {
        var model = TinyModel.Save(scratch["model"], classes: 3);
        var result = ddim.Json("export", "--model", model, "--out", scratch["model.onnx"], "--check", "--batch", "3", "--opset", "17");

        Assert.Equal("network", (string)result["exports"]!);
        Assert.Equal(17, (int)result["opset"]!);
        Assert.Equal(new FileInfo(scratch["model.onnx"]).Length, (long)result["bytes"]!);
        Assert.InRange((double)result["difference"]!, 1e-12, 1e-5);
    }

    [Fact]
    public void Sampler_is_written_and_checked()
    {
        var model = TinyModel.Save(scratch["model"], classes: 3, guided: true);
        string[] export = ["export", "--model", model, "--out", scratch["sampler.onnx"], "--sampler", "--steps", "4", "--guidance", "1.5"];
        var result = ddim.Json([.. export, "--solver", "heun", "--check"]);

        Assert.Equal("sampler", (string)result["exports"]!);
        Assert.Equal(7, (int)result["networkCalls"]!);
        Assert.InRange((double)result["difference"]!, 1e-12, 1e-4);
        Assert.Contains("DDIM", ddim.Done(export), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_the_file_is_needed_without_a_check()
    {
        var text = ddim.Done("export", "--model", TinyModel.Save(scratch["model"]), "--out", scratch["new/model.onnx"]);

        Assert.Contains("opset 18", text, StringComparison.Ordinal);
        Assert.DoesNotContain("apart", text, StringComparison.Ordinal);
        Assert.Equal(["model.onnx"], Directory.GetFiles(scratch["new"]).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("opset 12 is not supported; choose one from 13 to 23", "--opset", "12")]
    [InlineData("--steps is about sampling", "--steps", "5")]
    [InlineData("--guidance is about sampling", "--guidance", "2")]
    [InlineData("use eta 0 and a solver without noise", "--sampler", "--solver", "dpm++2m-sde")]
    [InlineData("needs a network with a null class", "--sampler", "--guidance", "2")]
    [InlineData("there is no option '--eta'", "--sampler", "--eta", "1")]
    [InlineData("--batch: found 0", "--batch", "0")]
    public void Wrong_options_are_named(string words, params string[] options)
    {
        ddim.Fails(ErrorKind.Usage, words, ["export", "--model", TinyModel.Save(scratch["model"]), "--out", scratch["model.onnx"], .. options]);
        Assert.False(File.Exists(scratch["model.onnx"]));
    }
}
