using CsCheck;
using DiffusionSharp.Models.Layouts;

namespace DiffusionSharp.Tests.Models.Layouts;

public class FlatYamlTests
{
    [Fact]
    public void A_configuration_of_the_reference()
    {
        var values = FlatYaml.Parse("x.yml", """
            data:
                dataset: "LSUN"   # a comment
                category: 'bedroom'
                image_size: 256
                logit_transform: false

            model:
                attn_resolutions: [16, ]
                ch_mult: [1, 1, 2]
                nothing:
                lr : 0.00002
            # the end
            """.ReplaceLineEndings("\r\n"));
        Assert.Equal("LSUN", Assert.Single(values["data.dataset"]));
        Assert.Equal("bedroom", Assert.Single(values["data.category"]));
        Assert.Equal("256", Assert.Single(values["data.image_size"]));
        Assert.Equal(["16"], values["model.attn_resolutions"]);
        Assert.Equal(["1", "1", "2"], values["model.ch_mult"]);
        Assert.Empty(values["model.nothing"]);
        Assert.Equal("0.00002", Assert.Single(values["model.lr"]));
    }

    // What yaml.dump(config, default_flow_style=False) writes of an argparse.Namespace.
    [Fact]
    public void A_dump_of_the_references_runner()
    {
        var values = FlatYaml.Parse("x.yml", """
            !!python/object:argparse.Namespace
            data: !!python/object:argparse.Namespace
              channels: 3
              image_size: 8
            device: !!python/object/apply:torch.device
            - cuda
            model: !!python/object:argparse.Namespace
              attn_resolutions:
              - 4
              ch_mult:
              - 1
              - 2
              var_type: fixedlarge
            optim: !!python/object:argparse.Namespace
              eps: 1.0e-08
              offset: -1.5
            """);
        Assert.Equal(["8"], values["data.image_size"]);
        Assert.Equal(["4"], values["model.attn_resolutions"]);
        Assert.Equal(["1", "2"], values["model.ch_mult"]);
        Assert.Equal(["fixedlarge"], values["model.var_type"]);
        Assert.Equal(["1.0e-08"], values["optim.eps"]);
        Assert.Equal(["-1.5"], values["optim.offset"]);
    }

    [Theory]
    [InlineData("a: &x 1", "line 1")]
    [InlineData("a: 1\nb: *x", "line 2")]
    [InlineData("a: |", "line 1")]
    [InlineData("a: {b: 1}", "line 1")]
    [InlineData("a: [[1]]", "line 1")]
    [InlineData("a: [1", "line 1")]
    [InlineData("a: \"x", "line 1")]
    [InlineData("a: \"x\\n\"", "line 1")]
    [InlineData("- 1", "line 1")]
    [InlineData("just words", "'key: value' was expected")]
    [InlineData("a:1", "'key: value' was expected")]
    [InlineData("a: 1\na: 2", "'a' occurs twice")]
    [InlineData("a:\n  b: 1\n  b: 2", "'a.b' occurs twice")]
    [InlineData("a: 1\n  b: 2", "'a' has a value already")]
    [InlineData("a: 1\n- 2", "'a' has a value already")]
    [InlineData("a:\n - x: 1\n - - 2", "line 3")]
    public void Everything_else_is_refused(string text, string reason)
    {
        var e = Assert.Throws<DiffusionException>(() => FlatYaml.Parse("x.yml", text));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("x.yml", e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        var deep = string.Join('\n', Enumerable.Range(0, 9).Select(i => $"{new string(' ', i)}k:"));
        Assert.Contains("nested", Assert.Throws<DiffusionException>(() => FlatYaml.Parse("x.yml", deep)).Message);
        Assert.Contains("lines", Assert.Throws<DiffusionException>(() => FlatYaml.Parse("x.yml", new string('\n', 10_000))).Message);
    }

    [Fact]
    public void Any_text_is_read_or_refused()
    {
        string[] marks = ["\n", "\n  ", "\n    ", ": ", ":", "- ", "[", "]", "'", "\"", "!!x", "#", " #", "a", "b", "1", ", ", "\t", "---", "&", "*"];
        var piece = Gen.OneOf(Gen.Int[0, marks.Length - 1].Select(i => marks[i]), Gen.String[0, 3]);
        piece.Array[0, 30].Sample(
            pieces =>
            {
                try
                {
                    FlatYaml.Parse("x.yml", string.Concat(pieces));
                }
                catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
                {
                }
            },
            iter: 20_000,
            threads: 1);
    }
}
